import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { EnvError, readEnv, setting } from '../src/env.ts';

const settings = {
  url: setting.text('URL', 'fallback', ''),
  key: setting.optionalText('KEY', ''),
  port: setting.integer('PORT', 3001, '', { min: 1, max: 65_535 }),
  mode: setting.oneOf('MODE', ['auto', 'open'], 'auto', ''),
};

function file(text: string): string {
  const path = join(mkdtempSync(join(tmpdir(), 'stepwire-env-')), 'value');
  writeFileSync(path, text);
  return path;
}

describe('settings', () => {
  test('an absent and an empty variable both mean the default', () => {
    const defaults = { url: 'fallback', key: undefined, port: 3001, mode: 'auto' };
    expect(readEnv(settings, {})).toEqual(defaults);
    expect(readEnv(settings, { URL: '', KEY: '', PORT: '', MODE: '', URL_FILE: '' })).toEqual(defaults);
  });

  test.each([
    ['PORT', '0'],
    ['PORT', '65536'],
    ['PORT', '1.5'],
    ['PORT', 'http'],
    ['MODE', 'shut'],
  ])('%s=%s is refused by name', (variable, text) => {
    expect(() => readEnv(settings, { [variable]: text })).toThrow(EnvError);
    expect(() => readEnv(settings, { [variable]: text })).toThrow(new RegExp(`^${variable} must be .*"${text}"`));
  });
});

describe('NAME_FILE', () => {
  test('holds the value, for any kind of setting; its last line end is not part of it', () => {
    const env = { URL_FILE: file('amqp://user:pass word@host\n'), PORT_FILE: file('4000\r\n'), KEY_FILE: file('') };
    expect(readEnv(settings, env)).toEqual({
      url: 'amqp://user:pass word@host',
      key: undefined,
      port: 4000,
      mode: 'auto',
    });
  });

  test('and NAME at once are refused: one of them would be ignored', () => {
    expect(() => readEnv(settings, { URL: 'a', URL_FILE: file('b') })).toThrow('URL is set twice');
  });

  test('that can’t be read is an error that names it, and no default', () => {
    expect(() => readEnv(settings, { URL_FILE: '/nowhere/url' })).toThrow(/^URL_FILE can't be read: Error: ENOENT/);
  });
});
