/**
 * Stands for typebox in the published declarations: what protocol's schemas say about types, and nothing else. With typebox's own
 * they would be ten times as large, or every installation would have it. A schema of a kind that is not here fails the bundle's
 * type check.
 */
interface Schema<T> {
  readonly static: T;
}
type Of<S> = S extends Schema<infer T> ? T : never;
type Members = Readonly<Record<string, Schema<unknown>>>;
type OptionalKeys<P> = { [K in keyof P]: P[K] extends { readonly optional: true } ? K : never }[keyof P];
type Flat<T> = { [K in keyof T]: T[K] };
type Whole<P> = keyof P extends never
  ? object
  : Flat<{ [K in Exclude<keyof P, OptionalKeys<P>>]: Of<P[K]> } & { [K in OptionalKeys<P>]?: Of<P[K]> }>;

declare namespace Type {
  type TString = Schema<string>;
  type TNumber = Schema<number>;
  type TInteger = Schema<number>;
  type TBoolean = Schema<boolean>;
  type TNull = Schema<null>;
  type TUnknown = Schema<unknown>;
  type TLiteral<T> = Schema<T>;
  type TUnsafe<T> = Schema<T>;
  type TArray<S> = Schema<Of<S>[]>;
  type TUnion<S extends readonly Schema<unknown>[]> = Schema<Of<S[number]>>;
  type TRecord<_K extends string, S> = Schema<Record<string, Of<S>>>;
  type TObject<P extends Members> = Schema<Whole<P>>;
  type TOptional<S> = S & { readonly optional: true };
}
export default Type;
export type Static<S> = Of<S>;
