import type { ScamEntry } from './scam-db.ts';

/**
 * A small table to begin with, made by us. Its numbers and domains are reserved for examples and belong to nobody:
 * 555-0100…0199 (NANP), Ofcom's drama numbers, `.test` and `.example` (RFC 2606). `npm run scamdb:import` adds real ones.
 */
export const seed: readonly ScamEntry[] = [
  { kind: 'phone', value: '+447700900123', note: 'parcel fee text messages' },
  { kind: 'phone', value: '+447700900457', note: '"hi mum" messages from a new number' },
  { kind: 'phone', value: '+442079460018', note: 'calls that claim to be a bank’s fraud team' },
  { kind: 'phone', value: '+12025550143', note: 'calls that claim to be a tax office' },
  { kind: 'phone', value: '+13125550187', note: 'computer support that calls first' },
  { kind: 'domain', value: 'dhl-parcel.test', note: 'imitates a parcel service and asks for a small fee' },
  { kind: 'domain', value: 'secure-bank-login.test', note: 'imitates a bank’s sign-in page' },
  { kind: 'domain', value: 'tax-refund.example', note: 'promises a tax refund for card details' },
  { kind: 'domain', value: 'prize-claim.example', note: 'asks for a fee before a prize' },
  { kind: 'phrase', value: 'your parcel is held', note: 'opening of parcel fee scams' },
  { kind: 'phrase', value: 'hi mum this is my new number', note: 'opening of family impersonation scams' },
  { kind: 'phrase', value: 'your account has been suspended', note: 'opening of bank impersonation scams' },
  { kind: 'phrase', value: 'you have been selected as a winner', note: 'opening of prize scams' },
  { kind: 'phrase', value: 'pay with gift cards', note: 'no company and no authority takes gift cards' },
  { kind: 'phrase', value: 'move your money to a safe account', note: 'no bank ever asks for this' },
];
