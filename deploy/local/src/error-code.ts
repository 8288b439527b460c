/** `EEXIST`, `EADDRINUSE` … of an error of Node's, else its words. */
export const errorCode = (error: unknown): string =>
  typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : String(error);
