import { createHash } from 'node:crypto';
import type { Span } from './spans.ts';

export interface CryptoSpan extends Span {
  readonly address: string;
  readonly network: 'bitcoin' | 'tron' | 'ethereum';
  /** whether its checksum was tested; Ethereum's (EIP-55) needs Keccak-256, which Node does not have */
  readonly checked: boolean;
}

const candidate =
  /(?<![\p{L}\p{N}])(?:0x[0-9a-fA-F]{40}|(?:bc1|BC1)[0-9a-zA-Z]{11,87}|[13T][1-9A-HJ-NP-Za-km-z]{25,34})(?![\p{L}\p{N}])/gu;

/** Addresses whose checksum holds, so that order numbers and file names are not taken for them. */
export function* findCryptoAddresses(text: string): Generator<CryptoSpan> {
  for (const match of text.matchAll(candidate)) {
    const [address] = match;
    const network = networkOf(address);
    if (network === undefined) continue;
    const end = match.index + address.length;
    yield { start: match.index, end, address, network, checked: network !== 'ethereum' };
  }
}

function networkOf(address: string): CryptoSpan['network'] | undefined {
  if (address.startsWith('0x')) return 'ethereum';
  if (/^bc1/i.test(address)) return isSegwit(address) ? 'bitcoin' : undefined;
  const version = base58CheckVersion(address);
  // 0x00 P2PKH and 0x05 P2SH (https://en.bitcoin.it/wiki/List_of_address_prefixes), 0x41 TRON
  if (version === 0x00 || version === 0x05) return 'bitcoin';
  return version === 0x41 ? 'tron' : undefined;
}

const base58 = '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz';

/** The version byte of a 25-byte base58check payload whose checksum holds. */
function base58CheckVersion(text: string): number | undefined {
  let value = 0n;
  for (const character of text) value = value * 58n + BigInt(base58.indexOf(character));
  const hex = value.toString(16).padStart(50, '0');
  if (hex.length !== 50) return undefined;
  const bytes = Buffer.from(hex, 'hex');
  const digest = sha256(sha256(bytes.subarray(0, 21)));
  return digest.subarray(0, 4).equals(bytes.subarray(21)) ? bytes[0] : undefined;
}

const sha256 = (bytes: Buffer): Buffer => createHash('sha256').update(bytes).digest();

const bech32 = 'qpzry9x8gf2tvdw0s3jn54khce6mua7l';
const generators = [0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3];

/** Bech32 (BIP 173) for witness version 0, bech32m (BIP 350) for the later ones. */
function isSegwit(address: string): boolean {
  const lower = address.toLowerCase();
  if (address !== lower && address !== address.toUpperCase()) return false;
  const values = [...lower.slice(3)].map((character) => bech32.indexOf(character));
  if (values.includes(-1)) return false;
  // the human-readable part "bc", expanded
  const checksum = [3, 3, 0, 2, 3, ...values].reduce((sum, value) => {
    const next = ((sum & 0x1ffffff) << 5) ^ value;
    return generators.reduce((mixed, generator, bit) => ((sum >>> (25 + bit)) & 1 ? mixed ^ generator : mixed), next);
  }, 1);
  return checksum === (values[0] === 0 ? 1 : 0x2bc830a3);
}
