import { decodeText } from './encoding.ts';
import type { Format } from './format.ts';
import { keepText, splitCode } from './text-blocks.ts';

/** Languages, configuration and mark-up that are read as they stand; the first extension of a type is the usual one. */
export const languages: Record<string, string[]> = {
  'text/x-source': ['asm', 'clj', 'coffee', 'dart', 'elm', 'ex', 'exs', 'erl', 'f90', 'fs', 'groovy', 'hs', 'jl', 'lisp', 'lua', 'm', 'ml', 'nim', 'pas', 'pl', 'pm', 'r', 'scala', 'sol', 'svelte', 'swift', 'v', 'vb', 'vue', 'zig', 'graphql', 'proto', 'tf', 'diff', 'patch', 'tex', 'bib', 'rst', 'adoc', 'org', 'srt', 'vtt'],
  'text/x-python': ['py', 'pyi'],
  'text/javascript': ['js', 'mjs', 'cjs', 'jsx'],
  'text/x-typescript': ['ts', 'mts', 'cts', 'tsx'],
  'text/x-java': ['java', 'kt', 'kts'],
  'text/x-c': ['c', 'h', 'cc', 'cpp', 'cxx', 'hpp', 'cs'],
  'text/x-go': ['go'],
  'text/x-rust': ['rs'],
  'text/x-ruby': ['rb'],
  'text/x-php': ['php'],
  'text/x-sql': ['sql'],
  'text/x-shellscript': ['sh', 'bash', 'zsh', 'fish', 'bat', 'ps1'],
  'text/css': ['css', 'scss', 'sass', 'less'],
  'application/xml': ['xml', 'xsd', 'xsl', 'svg'],
  'application/yaml': ['yaml', 'yml'],
  'application/toml': ['toml', 'ini', 'cfg', 'conf', 'properties', 'env'],
};

export const sourceCode: Format = {
  name: 'Source code',
  mediaTypes: [...Object.keys(languages), 'text/xml'],
  extensions: Object.values(languages).flat(),
  async extract(bytes, context) {
    return keepText(decodeText(bytes).text, context, splitCode);
  },
};
