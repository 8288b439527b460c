/** A refusal in an ack (design §7.1). */
export const isErrorBody = (value: unknown): value is { readonly code: string; readonly message: string } =>
  typeof value === 'object' &&
  value !== null &&
  'code' in value &&
  typeof value.code === 'string' &&
  'message' in value &&
  typeof value.message === 'string';
