import type { EventData, EventType, JsonObject } from '@stepwire/protocol';

/** All data here was parsed from JSON, so an object is one of JSON. */
export const isJsonObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The schemas' `Unknown` members hold JSON, which their static type cannot say. */
export const asJson = <T extends EventType>(data: EventData[T]): JsonObject => data as JsonObject;
