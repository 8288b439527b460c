/**
 * Defects to check the checker with. Each is a patch of compiled code, applied to a copy that only this run uses: the
 * delivered services hold no switch for it.
 */
export interface Plant {
  readonly about: string;
  /** names of experiments of which one must say FAIL */
  readonly caughtBy: readonly string[];
  readonly edits: readonly Edit[];
}
export interface Edit {
  readonly file: string;
  readonly find: string;
  readonly replace: string;
}

export const plants = {
  'no-dedup': {
    about: 'a repeat of an event is taken for a new one',
    caughtBy: ['storm', 'publishes'],
    edits: [
      {
        file: 'services/coordinator/dist/ingest.js',
        find: '        event,\n',
        replace: "        event: { ...event, id: event.id + '+' + Math.random() },\n",
      },
    ],
  },
  'ack-before-commit': {
    about: 'events are acknowledged before they are in the database',
    caughtBy: ['storm'],
    edits: [
      {
        file: 'services/coordinator/dist/coordinator.controller.js',
        find: 'return this.coordinator.ingest.take(batch);',
        replace: 'this.coordinator.ingest.take(batch).catch(() => undefined); return Promise.resolve();',
      },
    ],
  },
  'off-by-one-resume': {
    about: 'who comes back misses the first event after their cursor',
    caughtBy: ['cursors', 'storm'],
    edits: [
      {
        file: 'services/coordinator/dist/reads.js',
        find: 'seq > $2 AND',
        replace: 'seq > $2 + 1 AND',
      },
    ],
  },
  'forget-outbox': {
    about: 'commands to agents are sent after the commit, and stand nowhere in it',
    caughtBy: ['commits'],
    edits: [
      {
        file: 'services/coordinator/dist/statements.js',
        find: `INSERT INTO outbox (routing_key, body) SELECT * FROM unnest($1::text[], $2::text[])
           RETURNING \${OUTBOX_COLUMNS}`,
        replace: `SELECT (random() * 1e9)::bigint AS id, 'agent.commands' AS exchange, t.*, NULL AS properties
           FROM unnest($1::text[], $2::text[]) AS t (routing_key, body)`,
      },
    ],
  },
  'relay-before-commit': {
    about: 'watchers are told before the commit',
    caughtBy: ['commits'],
    edits: [
      {
        file: 'services/coordinator/dist/writer.js',
        find: "tx.query('COMMIT'),",
        replace: "(this.options.onCommitted(batch.feed, [], Infinity), tx.query('COMMIT')),",
      },
    ],
  },
  'no-fencing': {
    about: 'an attempt that was given to another is believed',
    caughtBy: ['steps'],
    edits: [
      {
        file: 'libs/run-model/dist/decide-step-report.js',
        find: 'if (step.attempt !== data.attempt)',
        replace: 'if (false)',
      },
      {
        file: 'libs/run-model/dist/decide-step-report.js',
        find: 'if (data.instance !== undefined && data.instance !== step.instance)',
        replace: 'if (false)',
      },
    ],
  },
  'room-leak': {
    about: 'who leaves a room goes on hearing it',
    caughtBy: ['canaries'],
    edits: [
      {
        file: 'services/gateway/dist/audience.js',
        find: 'void socket.leave(shared.room);',
        replace: '',
      },
    ],
  },
  'sees-all': {
    about: 'whoever signed in may watch everything',
    caughtBy: ['canaries'],
    edits: [
      {
        file: 'libs/run-model/dist/ownership.js',
        find: "'shareId' in viewer ? request.requestId === viewer.requestId : viewer.operator || request.userId === viewer.userId",
        replace: 'true',
      },
    ],
  },
  'forgotten-answer': {
    about: 'a question that was answered is taken for one that never was',
    caughtBy: ['commands'],
    edits: [
      {
        file: 'libs/run-model/dist/decide-client-command.js',
        find: 'if (closed !== undefined) {',
        replace: 'if (false) {',
      },
    ],
  },
  'unheard-cancel': {
    about: 'a cancel is in the log, and no agent is told',
    caughtBy: ['commands'],
    edits: [
      {
        file: 'libs/run-model/dist/decide-client-command.js',
        find: "unfolding.command({ type: 'request.cancel', body: { requestId, ...data } });",
        replace: '',
      },
    ],
  },
  'lost-cancel': {
    about: 'a cancel is answered and goes nowhere',
    caughtBy: ['storm'],
    edits: [
      {
        file: 'services/gateway/dist/socket/connection.js',
        find: '#cancel({ requestId, reason }) {\n',
        replace: '#cancel({ requestId, reason }) {\n return Promise.resolve({ requestId, seq: 1 });\n',
      },
    ],
  },
  'waits-out-alarm': {
    about: 'who asks while the broker is in alarm is left without an answer',
    caughtBy: ['alarms'],
    edits: [
      {
        file: 'libs/messaging/dist/rpc-caller.js',
        find: 'if (this.#link.blocked !== undefined)',
        replace: 'if (false)',
      },
      {
        file: 'libs/messaging/dist/rpc-caller.js',
        find: 'onBlocked: (reason) => this.#rejectAll(',
        replace: 'onBlocked: (reason) => void (',
      },
    ],
  },
  'hoards-refused': {
    about: 'what is refused in an alarm is kept in memory',
    caughtBy: ['alarms'],
    edits: [
      {
        file: 'libs/messaging/dist/rpc-caller.js',
        find: 'if (this.#link.blocked !== undefined)',
        replace:
          '(this.kept ??= []).push(this.#link.blocked && Buffer.alloc(500_000, 1));\n if (this.#link.blocked !== undefined)',
      },
    ],
  },
  'skips-an-event': {
    about: 'a state that is loaded lacks the first event after its snapshot',
    caughtBy: ['snapshots'],
    edits: [
      {
        file: 'services/coordinator/dist/statements.js',
        find: 'AND e.seq > u.after',
        replace: 'AND e.seq > u.after + (u.after > 0)::int',
      },
    ],
  },
  'any-epoch': {
    about: 'a cursor of another history is taken',
    caughtBy: ['cursors'],
    edits: [
      {
        file: 'services/coordinator/dist/reads.js',
        find: 'epoch !== undefined && epoch !== row.epoch',
        replace: 'false',
      },
    ],
  },
  'no-tail': {
    about: 'who joins a room is not told what it told the others since the snapshot was read',
    caughtBy: ['cursors'],
    edits: [
      {
        file: 'services/gateway/dist/room.js',
        find: 'enter(missed.length === 0 ? tail : [...missed, ...tail])',
        replace: 'enter([])',
      },
    ],
  },
  'unread-gap': {
    about: 'what a gateway did not hear is passed over',
    caughtBy: ['drop-head'],
    edits: [
      {
        file: 'services/gateway/dist/room.js',
        find: 'if (first.seq <= this.#head + 1) {',
        replace: 'if (true) {',
      },
    ],
  },
  'own-clock': {
    about: 'a coordinator goes by its own clock (from --minutes 1)',
    caughtBy: ['clock'],
    edits: [
      {
        file: 'services/coordinator/dist/writer.js',
        find: 'const now = Math.max(0, ...[...rows.values()].map((row) => row.now));',
        replace: 'const now = Date.now();',
      },
    ],
  },
  'rooms-stay': {
    about: 'a room outlives the last who leaves it',
    caughtBy: ['leaks'],
    edits: [
      {
        file: 'services/gateway/dist/rooms.js',
        find: 'this.#entries.delete(requestId);\n        entry.room.close();',
        replace: 'return;',
      },
    ],
  },
  'no-backlog-cap': {
    about: 'who does not read is not cut off',
    caughtBy: ['stalled'],
    edits: [
      {
        file: 'services/gateway/dist/socket/door.js',
        find: 'conn.close(true);',
        replace: '',
      },
    ],
  },
} as const satisfies Record<string, Plant>;
export type PlantName = keyof typeof plants;
export const isPlant = (name: string): name is PlantName => Object.hasOwn(plants, name);
