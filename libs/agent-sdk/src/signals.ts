/**
 * What a tool's context throws to end the tool before its result. A tool that catches one is ended all the same: the
 * context remembers the first.
 */
export class ParkSignal extends Error {
  override readonly name = 'ParkSignal';
  readonly kind = 'parked';
  readonly questionId: string;
  constructor(questionId: string) {
    super(`the step is parked until question ${questionId} is answered; let this pass`);
    this.questionId = questionId;
  }
}

export class SkipSignal extends Error {
  override readonly name = 'SkipSignal';
  readonly kind = 'skipped';
  readonly reason: string;
  constructor(reason: string) {
    super(`the step is skipped: ${reason}; let this pass`);
    this.reason = reason;
  }
}

export type EndSignal = ParkSignal | SkipSignal;
