import type { Span } from './spans.ts';

export interface CueSpan extends Span {
  readonly cue: Cue;
  readonly text: string;
}

/**
 * Turns of phrase that scams live on, in English. Each alone means little; `reasoning` weighs them together.
 * The kinds follow the advice of https://consumer.ftc.gov/articles/how-recognize-and-avoid-phishing-scams.
 */
const cues = {
  pressure:
    /\b(?:urgent(?:ly)?|immediately|act now|final (?:notice|warning)|last chance|within \d{1,3} (?:hours?|minutes?|days?)|expires? (?:today|soon)|will be (?:closed|suspended|blocked|deleted|returned)|(?:has been|is) (?:suspended|locked|blocked|limited)|as soon as possible|asap)\b/iu,
  delivery:
    /\b(?:parcel|package|shipment|delivery)\b.{0,60}\b(?:held|pending|failed|missed|unpaid|waiting|customs|re-?schedule|returned)\b/isu,
  payment:
    /\b(?:pay(?:ment)?|unpaid|transfer|wire|gift ?cards?|vouchers?|customs (?:fee|duty)|top[- ]?up|bitcoin|crypto(?:currency)?)\b/iu,
  credentials:
    /\b(?:password|passcode|pin(?: code| number)?|one[- ]time code|security code|verification code|otp|card (?:number|details)|(?:verify|confirm|update|validate) your (?:account|identity|details|information|bank)|log ?in|sign ?in)\b/iu,
  reward:
    /\b(?:you(?:['’]ve| have)? won|winner|prize|lottery|inheritance|unclaimed|tax (?:refund|rebate)|cash ?back|jackpot)\b/iu,
  threat: /\b(?:arrest(?:ed)?|warrant|lawsuit|legal action|court|prosecut(?:ed|ion)|police|deport(?:ed|ation))\b/iu,
  secrecy: /\b(?:don['’]?t tell|do not tell|keep (?:this|it) (?:secret|confidential|between us)|tell no ?one)\b/iu,
  family: /\b(?:(?:hi|hello|hey) (?:mum|mom|dad|grandma|grandpa|nan)|(?:lost|broke|dropped) my phone|new number)\b/iu,
  remoteControl: /\b(?:anydesk|teamviewer|remote (?:access|desktop)|install (?:this|the|our) app)\b/iu,
} as const satisfies Record<string, RegExp>;

export type Cue = keyof typeof cues;

/** The first place of each kind. */
export function* findCues(text: string): Generator<CueSpan> {
  for (const [cue, pattern] of Object.entries(cues)) {
    const match = pattern.exec(text);
    if (match === null || !isCue(cue)) continue;
    const [found] = match;
    yield { start: match.index, end: match.index + found.length, cue, text: found };
  }
}

const isCue = (name: string): name is Cue => name in cues;
