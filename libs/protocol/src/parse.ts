import type { TSchema } from 'typebox';
import { Compile, type Validator } from 'typebox/compile';
import { type ClientCommand, type ClientCommands, ClientHandshake, clientCommands } from './client-commands.ts';
import { type Command, commands } from './commands.ts';
import { StepwireError } from './errors.ts';
import { Envelope, type EventType, eventData } from './events.ts';
import { utf8Bytes } from './ids.ts';
import type { JsonObject } from './json.ts';
import { limits } from './limits.ts';
import type { UnnumberedEvent } from './log-event.ts';
import { Plan } from './plan.ts';
import { type RpcMethod, type RpcParams, RpcRequest, rpcParams } from './rpc.ts';

/**
 * Parsing at the boundary. Nothing here copies or strips: what passes is passed on as it came,
 * unknown members included.
 */
type Compiled = Record<string, Validator>;
const compileAll = (schemas: Record<string, TSchema>): Compiled =>
  Object.assign(Object.create(null), Object.fromEntries(Object.entries(schemas).map(([k, s]) => [k, Compile(s)])));

const envelope = Compile(Envelope);
const plan = Compile(Plan);
const request = Compile(RpcRequest);
const dataOf = compileAll(eventData);
const commandOf = compileAll(commands);
const paramsOf = compileAll(rpcParams);
const clientCommandOf = compileAll(clientCommands);
const handshake = Compile(ClientHandshake);

/** The first thing wrong with `value`, as a `bad_request` that names the member. */
function complaint(validator: Validator, value: unknown, prefix: string, what: string): StepwireError {
  const [first] = validator.Errors(value);
  const required = first?.keyword === 'required' ? first.params.requiredProperties?.[0] : undefined;
  const path = `${prefix}${first?.instancePath ?? ''}${required === undefined ? '' : `/${required}`}`;
  const message = required === undefined ? first?.message : 'is missing';
  return new StepwireError('bad_request', `${what}: ${path === '' ? 'the value' : path} ${message ?? 'is wrong'}`, {
    path,
  });
}

/** True where arrays and objects are nested at most `limit` deep. */
function withinDepth(value: unknown, limit: number): boolean {
  if (typeof value !== 'object' || value === null) return true;
  if (limit === 0) return false;
  for (const member of Array.isArray(value) ? value : Object.values(value)) {
    if (typeof member === 'object' && member !== null && !withinDepth(member, limit - 1)) return false;
  }
  return true;
}

/**
 * JSON text to a value.
 * @throws StepwireError `bad_request` where it is not JSON or names `__proto__`, `too_deep`
 */
export function parseJson(text: string): unknown {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new StepwireError('bad_request', `not JSON: ${error instanceof Error ? error.message : error}`);
  }
  // letters of the name may be escaped, as \u005f
  return checkJson(value, /__proto__|\\u00[5-7]/i.test(text));
}

/**
 * The checks of {@link parseJson} on a value that was parsed elsewhere.
 * @param mayNameProto whether an own member `__proto__` has to be looked for
 */
export function checkJson(value: unknown, mayNameProto = true): unknown {
  if (!withinDepth(value, limits.jsonDepth)) {
    throw new StepwireError('too_deep', `nested deeper than ${limits.jsonDepth} levels`);
  }
  if (mayNameProto && namesProto(value)) throw new StepwireError('bad_request', 'a member may not be called __proto__');
  return value;
}

function namesProto(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  if (Array.isArray(value)) return value.some(namesProto);
  return Object.keys(value).some((key) => key === '__proto__') || Object.values(value).some(namesProto);
}

/** What is known about a message beside its body. */
export interface MessageFacts {
  /** AMQP `messageId`: serves as event id where the body has none */
  readonly messageId?: string | undefined;
  /** AMQP `appId`: serves as agent where the body has none */
  readonly appId?: string | undefined;
  /** Unix time in ms, for bodies without `timestamp` */
  readonly now: number;
}

/** An event as an agent published it. `id` is empty where the sender gave none: the coordinator derives one. */
export type ParsedEvent = UnnumberedEvent;

/**
 * A body of `agent.events`.
 * @throws StepwireError `bad_request` (with `path`), `too_large`, `too_deep`: why it goes to the dead letters
 */
export function parseEvent(body: Buffer | string, facts: MessageFacts): ParsedEvent {
  if ((typeof body === 'string' ? utf8Bytes(body) : body.length) > limits.eventBytes)
    throw new StepwireError('too_large', `an event is at most ${limits.eventBytes} bytes`);
  const value = parseJson(typeof body === 'string' ? body : body.toString('utf8'));
  if (!envelope.Check(value)) throw complaint(envelope, value, '', 'event');
  const { id = facts.messageId || '', type, requestId, agent = facts.appId || 'unknown', timestamp, data = {} } = value;
  checkId(id, '/id');
  if (id.startsWith(RESERVED_ID_PREFIX)) {
    throw new StepwireError('bad_request', `/id may not begin with ${RESERVED_ID_PREFIX}`, { path: '/id' });
  }
  checkId(requestId, '/requestId');
  const validator = dataOf[type];
  if (validator !== undefined && !validator.Check(data)) throw complaint(validator, data, '/data', type);
  checkDataIds(type, data as JsonObject);
  return {
    id,
    type,
    requestId,
    agent,
    timestamp: timestamp === undefined ? new Date(facts.now).toISOString() : canonicalTime(timestamp),
    data: data as JsonObject,
  };
}

const canonical = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;
const zone = /(?:Z|[+-]\d\d:?\d\d)$/i;

/** RFC 3339 in UTC with milliseconds; Python's `isoformat()` of a naive time has no zone and means UTC here. */
function canonicalTime(text: string): string {
  if (canonical.test(text)) return text;
  const ms = Date.parse(zone.test(text) ? text : `${text}Z`);
  if (Number.isNaN(ms))
    throw new StepwireError('bad_request', 'event: /timestamp is not ISO 8601', { path: '/timestamp' });
  return new Date(ms).toISOString();
}

/**
 * Ids end up in text columns and routing: no NUL, no lone surrogates, {@link limits.idBytes} at most.
 * @throws StepwireError `bad_request` with `path`
 */
export function checkId(id: string, path: string): void {
  if (id.length * 3 > limits.idBytes && utf8Bytes(id) > limits.idBytes) {
    throw new StepwireError('bad_request', `${path} is longer than ${limits.idBytes} bytes`, { path });
  }
  if (!id.isWellFormed() || id.includes('\0')) {
    throw new StepwireError('bad_request', `${path} has a NUL or a lone surrogate`, { path });
  }
}

/** By type: the members of its data that its schema calls ids. The owner is one whatever the type. */
const idMembers = new Map(
  Object.entries(eventData).map(([type, { properties }]) => [
    type,
    Object.keys({ ...properties, userId: undefined }).filter((name) => name.endsWith('Id')),
  ]),
);
const ownerOnly = ['userId'];

function checkDataIds(type: string, data: JsonObject): void {
  for (const name of idMembers.get(type) ?? ownerOnly) {
    const value = data[name];
    if (typeof value === 'string') checkId(value, `/data/${name}`);
  }
  if (type === 'planner.plan.created' && plan.Check(data.plan)) checkPlanIds(data.plan, '/data/plan');
}

function checkPlanIds({ phases = [], steps }: Plan, path: string): void {
  for (const [i, { id }] of phases.entries()) checkId(id, `${path}/phases/${i}/id`);
  for (const [i, { id, phaseId, dependsOn = [] }] of steps.entries()) {
    checkId(id, `${path}/steps/${i}/id`);
    if (phaseId !== undefined) checkId(phaseId, `${path}/steps/${i}/phaseId`);
    for (const [j, other] of dependsOn.entries()) checkId(other, `${path}/steps/${i}/dependsOn/${j}`);
  }
}

/** Ids that the coordinator makes begin with it, so that nobody can occupy one beforehand. */
export const RESERVED_ID_PREFIX = '~';

/** {@link checkId} for every `…Id`, those in `…Ids`, and `instance` among the params. */
function checkIds(params: object, prefix = ''): void {
  for (const [key, value] of Object.entries(params)) {
    const path = `${prefix}/${key}`;
    if (typeof value === 'string') {
      if (/(?:Id|^instance)$/.test(key)) checkId(value, path);
    } else if (typeof value === 'object' && value !== null) {
      if (/Ids$/.test(key)) checkEach(value, path);
      else if (key === 'caller' || key === 'steps' || prefix === '/steps') checkIds(value, path);
    }
  }
}

function checkEach(ids: object, path: string): void {
  for (const [i, id] of Object.entries(ids)) if (typeof id === 'string') checkId(id, `${path}/${i}`);
}

export const isKnownType = (type: string): type is EventType => dataOf[type] !== undefined;

/**
 * A body of `agent.commands`.
 * @throws StepwireError `bad_request`
 */
export function parseCommand(type: string, body: Buffer | string): Command {
  const validator = commandOf[type];
  if (validator === undefined) throw new StepwireError('bad_request', `unknown command ${type}`);
  const value = parseJson(body.toString());
  if (!validator.Check(value)) throw complaint(validator, value, '', type);
  return { type, body: value } as Command;
}

/**
 * A plan that somebody gives. Whether its steps make a DAG is for the coordinator to say.
 * @throws StepwireError `bad_request` (with `path`)
 */
export function parsePlan(value: unknown): Plan {
  if (!plan.Check(value)) throw complaint(plan, value, '', 'plan');
  return value;
}

/**
 * The params of a question to the coordinator.
 * @throws StepwireError `bad_request` (with `path`)
 */
export function parseParams<M extends RpcMethod>(method: M, params: unknown): RpcParams[M] {
  const validator = paramsOf[method];
  if (validator === undefined) throw new StepwireError('bad_request', `unknown method ${method}`);
  if (!validator.Check(params)) throw complaint(validator, params, '', method);
  const parsed = params as RpcParams[M];
  checkIds(parsed);
  return parsed;
}

/**
 * A command of a client.
 * @throws StepwireError `bad_request` (with `path`)
 */
export function parseClientCommand<C extends ClientCommand>(command: C, body: unknown): ClientCommands[C] {
  const validator = clientCommandOf[command];
  if (validator === undefined) throw new StepwireError('bad_request', `unknown command ${command}`);
  if (!validator.Check(body)) throw complaint(validator, body, '', command);
  const parsed = body as ClientCommands[C];
  checkIds(parsed);
  return parsed;
}

/**
 * What a client asks for as it connects.
 * @throws StepwireError `bad_request` (with `path`)
 */
export function parseClientHandshake(query: unknown): ClientHandshake {
  if (!handshake.Check(query)) throw complaint(handshake, query, '', 'query');
  checkIds(query);
  return query;
}

const isMethod = (name: string): name is RpcMethod => Object.hasOwn(rpcParams, name);

/**
 * A question to the coordinator with its params.
 * @throws StepwireError `bad_request` (with `path`), `too_deep`
 */
export function parseRequest(body: Buffer | string): RpcRequest {
  const value = parseJson(body.toString());
  if (!request.Check(value)) throw complaint(request, value, '', 'request');
  const { method, params } = value;
  if (!isMethod(method)) throw new StepwireError('bad_request', `unknown method ${method}`, { path: '/method' });
  if (value.commandId !== undefined) checkId(value.commandId, '/commandId');
  return { ...value, method, params: parseParams(method, params) };
}
