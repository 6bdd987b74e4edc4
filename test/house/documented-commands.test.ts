import { existsSync, globSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readOptions as readBenchOptions } from '../../bench/options.ts';
import { help as evalHelp, readOptions as readEvalOptions } from '../../eval/options.ts';
import { readOptions as readTortureOptions } from '../../torture/options.ts';
import { scenarios } from '../../torture/scenarios.ts';
import { runCli } from '../support/run-cli.ts';

// Each command that a document shows is one that there is, with options that it has. What can run anywhere runs in
// examples.test.ts; that a script of package.json exists is for scripts/check-docs.ts.

const root = resolve(import.meta.dirname, '../..');
const pages = globSync('{*,docs/*,docs/operating/*,deploy/*,examples/*}.md', { cwd: root });
const textOf = (path: string): string => readFileSync(join(root, path), 'utf8');

interface Shown {
  path: string;
  command: string;
}

const inBlocks = pages.flatMap((path) =>
  [...textOf(path).matchAll(/^ *```sh\n(.*?)^ *```$/gms)].flatMap(([, block = '']) =>
    commandsOf(block).map((command): Shown => ({ path, command })),
  ),
);
const inText = pages.flatMap((path) =>
  [...textOf(path).matchAll(/`((?:npm run [\w:]+ -- |alcove )[^`\n]+)`/g)].map(([, command = '']): Shown => ({
    path,
    command,
  })),
);
const shown = [...inBlocks, ...inText];

/** Without settings before and remarks behind a command; a line that goes on is one. */
function commandsOf(block: string): string[] {
  return block
    .replaceAll(/\\\n\s*/g, '')
    .split(/\n| && /)
    .map((line) => line.replace(/\s+# .*$/, '').trim())
    .map((line) => line.replace(/^(?:[A-Z_]+=\S+ )+(?=npm )/, ''))
    .filter((line) => line !== '');
}

/** What follows each command that begins so. */
function behind(beginning: RegExp): { path: string; args: string[] }[] {
  return shown.flatMap(({ path, command }) => {
    const [begun] = beginning.exec(command) ?? [];
    return begun === undefined ? [] : [{ path, args: command.slice(begun.length).trim().split(/\s+/) }];
  });
}

test('every line of a block is of a kind that is looked at', () => {
  expect(inBlocks.length).toBeGreaterThan(40);
  const known =
    /^(?:npm (?:install|pack|start|test)\b|npm run [\w:]+(?:$| -- )|npx \.\/alcove-|docker |(?:[A-Z]+=\$\()?curl )/;
  expect(inBlocks.filter(({ command }) => !known.test(command))).toEqual([]);
});

describe('alcove', () => {
  const called = behind(/^(?:npm run alcove --|npx \.\/alcove-[\d.]+\.tgz|alcove) /);

  test('knows the commands and options', { timeout: 120_000 }, async () => {
    expect(called.length).toBeGreaterThan(20);
    for (const { path, args } of called) {
      const { words, help } = await commandIn(args);
      const what = `${path}: alcove ${args.join(' ')}`;
      expect(words, what).not.toEqual([]);
      for (const option of args.filter((one) => /^--?[a-z]/.test(one))) expect(help, what).toContain(option);
    }
  });

  test('is packed under the name that is shown', () => {
    const { version } = JSON.parse(textOf('package.json')) as { version: string };
    const packed = shown.flatMap(({ command }) => command.match(/alcove-[\d.]+\.tgz/g) ?? []);
    expect(new Set(packed)).toEqual(new Set([`alcove-${version}.tgz`]));
  });
});

const helps = new Map<string, Promise<string>>();

/** Goes down from command to command as far as the words name one. */
async function commandIn(args: readonly string[]): Promise<{ words: string[]; help: string }> {
  let [words, help] = [[] as string[], await helpOf([])];
  for (const word of args) {
    const below = [...(help.split('\nCommands:')[1] ?? '').matchAll(/^ {2}([\w-]+)/gm)];
    if (!below.some(([, name]) => name === word)) break;
    words = [...words, word];
    help = await helpOf(words);
  }
  return { words, help };
}

function helpOf(words: string[]): Promise<string> {
  const key = words.join(' ');
  const help = helps.get(key) ?? runCli([...words, '--help'], {}).then(({ stdout }) => stdout);
  helps.set(key, help);
  return help;
}

test('npm run bench measures what is named', async () => {
  const measured = [...textOf('bench/main.ts').matchAll(/^ {2}(\w+): \{$/gm)].map(([, name]) => name);
  const called = behind(/^npm run bench -- /);
  expect(called.length).toBeGreaterThan(3);
  for (const { path, args } of called)
    for (const one of args.join(' ').split(' | '))
      expect(measured, `${path}: ${one}`).toContain(readBenchOptions(one.split(' '), {}).command);
});

test('npm run eval measures what is named', () => {
  const own = new Set([...evalHelp.matchAll(/npm run eval -- ([a-z]+)/g)].map(([, name]) => name));
  const called = behind(/^npm run eval -- /);
  expect(called.length).toBeGreaterThan(8);
  for (const { path, args } of called)
    if (!own.has(args[0])) expect(() => readEvalOptions(args), `${path}: ${args.join(' ')}`).not.toThrow();
});

test('npm run torture hurts in the ways that are named', () => {
  const names = scenarios.map(({ name }) => name);
  const called = behind(/^npm run torture -- /);
  expect(called.length).toBeGreaterThan(3);
  for (const { path, args } of called)
    expect(() => readTortureOptions(args, names), `${path}: ${args.join(' ')}`).not.toThrow();
});

test('docker builds from a file that is there', () => {
  const files = inBlocks.flatMap(({ command }) => / build -f (\S+)/.exec(command)?.[1] ?? []);
  expect(files.length).toBeGreaterThan(0);
  for (const file of files) expect(existsSync(join(root, file)), file).toBe(true);
});
