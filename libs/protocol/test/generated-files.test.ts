import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import Schema from 'typebox/schema';
import { StepwireError } from '../src/errors.ts';
import { eventData } from '../src/events.ts';
import { generatedFiles } from '../src/generated-files.ts';
import { parseEvent } from '../src/parse.ts';
import { schemaDocuments } from '../src/schema-documents.ts';

const root = new URL('../../../', import.meta.url);

describe('generated files', () => {
  test.each(Object.entries(generatedFiles()))(
    '%s is what the code says (else: npm run schemas -w libs/protocol)',
    (path, text) => {
      expect(readFileSync(new URL(path, root), 'utf8')).toBe(text);
    },
  );

  test('are all there is in schemas/', () => {
    const expected = Object.keys(generatedFiles()).filter((path) => path.startsWith('libs/protocol/schemas/'));
    const found = readdirSync(new URL('libs/protocol/schemas/', root)).map((file) => `libs/protocol/schemas/${file}`);
    expect(found.sort()).toEqual(expected.sort());
  });
});

describe('references between the documents', () => {
  test.each(Object.entries(generatedFiles()).filter(([path]) => path.endsWith('.json')))(
    'of %s lead somewhere',
    (path, text) => {
      const here = new URL(path, root);
      for (const [, reference = ''] of text.matchAll(/"\$ref": "([^"]+)"/g)) {
        const [file = '', pointer = ''] = reference.split('#');
        let target: unknown = JSON.parse(readFileSync(file === '' ? here : new URL(file, here), 'utf8'));
        for (const member of pointer.split('/').slice(1)) {
          target = typeof target === 'object' && target !== null ? Reflect.get(target, member) : undefined;
        }
        expect([reference, typeof target]).toEqual([reference, 'object']);
      }
    },
  );
});

describe('events.json', () => {
  const document = schemaDocuments()['events.json'];
  const schema = Schema.Compile(document ?? {});
  const accepted = (body: object): boolean => {
    try {
      parseEvent(JSON.stringify(body), { now: 0 });
      return true;
    } catch (error) {
      if (error instanceof StepwireError) return false;
      throw error;
    }
  };

  const bodies: [object, boolean][] = [
    [{ type: 'weather.changed', requestId: 'r' }, true],
    [{ type: 'weather.changed', requestId: 'r', data: { any: 'thing' } }, true],
    [{ type: 'weather.changed' }, false],
    [{ requestId: 'r' }, false],
    [{ type: 'weather.changed', requestId: 'r', data: 'text' }, false],
    [{ type: 'agent.progress', requestId: 'r' }, true],
    [{ type: 'agent.progress', requestId: 'r', data: { percent: 101 } }, false],
    [{ type: 'executor.step.progress', requestId: 'r', data: { stepOrder: 1, status: 'running' } }, true],
    [{ type: 'executor.step.progress', requestId: 'r', data: { stepOrder: 1 } }, false],
    [{ type: 'executor.step.progress', requestId: 'r' }, false],
    [{ type: 'agent.failed', requestId: 'r', data: { message: 'm', step: 'scan' } }, true],
    [{ type: 'agent.failed', requestId: 'r', data: { step: 'scan' } }, false],
  ];
  test.each(bodies)('and parseEvent agree on %j: %s', (body, good) => {
    expect([schema.Check(body), accepted(body)]).toEqual([good, good]);
  });

  test.each(Object.keys(eventData))('and parseEvent agree on %s with nothing in it', (type) => {
    for (const body of [
      { type, requestId: 'r' },
      { type, requestId: 'r', data: {} },
    ])
      expect(schema.Check(body)).toBe(accepted(body));
  });
});
