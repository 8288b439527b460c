/** A step's input is what a plan of the rig's own holds; these say which member is wrong all the same. */
export function member(input: unknown, name: string): unknown {
  return typeof input === 'object' && input !== null ? Reflect.get(input, name) : undefined;
}

/** @throws TypeError */
export function numberIn(input: unknown, name: string, fallback: number): number {
  const value = member(input, name) ?? fallback;
  if (typeof value !== 'number') throw new TypeError(`input.${name} must be a number`);
  return value;
}
