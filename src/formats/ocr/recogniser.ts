import { execFile } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { promisify } from 'node:util';
import { AppError } from '../../errors.ts';
import { Gate } from '../../limits/gate.ts';
import { findJail, hasProgram, jailEnvironment, type JailLimits } from './jail.ts';
import { isShownTurned } from './orientation.ts';
import { readPages, type RecognisedPage } from './page-words.ts';
import { runJailed } from './run-jailed.ts';

/** Reads the text of pictures, by programs that are installed on this machine. */
export interface Recogniser {
  /** As tesseract names them, such as `eng+deu`. */
  languages: string;
  /** Whether the programs are kept from the files of this machine. */
  isConfined: boolean;
  /** Each page of a picture. @throws AppError; `signal.reason` */
  readPicture(bytes: Uint8Array, signal: AbortSignal): Promise<RecognisedPage[]>;
  /** One page of a PDF, counted from 1. @throws AppError; `signal.reason` */
  readPdfPage(bytes: Uint8Array, page: number, signal: AbortSignal): Promise<RecognisedPage>;
}

export interface OcrSettings {
  /** `auto`: where its programs can be confined; `on`: also where they cannot; `off`: never. */
  mode: 'auto' | 'on' | 'off';
  /** As tesseract names them. */
  languages: string;
  /** For one page. */
  timeoutMs: number;
}

/** The limit is one of processor time; a busy machine may take longer by the clock. */
const patience = 4;
/** Above what letters of the usual size need, as tesseract's manual says. */
const dpi = 300;
/** A page of that size takes some 150 MB. */
const memoryBytes = 640 * 1024 * 1024;
const dataBytes = 1_400_000_000;
/** A grey page of 1 by 1.4 metres. */
const maxPageBytes = 256 * 1024 * 1024;
/** Both of one recognition. */
const outputs = ['-c', 'tessedit_create_txt=1', '-c', 'tessedit_create_tsv=1'];
/** Text, and some 60 bytes about each of its words. */
const maxTextBytes = 32 * 1024 * 1024;

/** Finds what text recognition needs. @returns the recogniser, or one sentence that says what is missing */
export async function findRecogniser(settings: OcrSettings): Promise<Recogniser | string> {
  if (settings.mode === 'off') return 'Text recognition is switched off (OCR=off).';
  const missing = [
    ['tesseract', 'tesseract-ocr'],
    ['pdftoppm', 'poppler-utils'],
  ].filter(([program]) => !hasProgram(program as string));
  if (missing.length > 0)
    return `Text recognition is not installed: install ${missing.map(([, name]) => name).join(' and ')}.`;
  const unknown = await unknownLanguages(settings.languages);
  if (unknown.length > 0)
    return `Text recognition knows no ${unknown.join(' and ')}: install tesseract-ocr-${unknown[0]}, or change OCR_LANGUAGES.`;
  const limits: JailLimits = { cpuSeconds: Math.ceil(settings.timeoutMs / 1000), dataBytes };
  const jail = await findJail(limits);
  if (!jail.isWhole && settings.mode === 'auto')
    return 'Text recognition is off, because its programs cannot be kept from the files of this machine: allow user name spaces, or set OCR=on.';
  const gate = new Gate(availableParallelism());
  const run = async (
    program: string,
    args: string[],
    input: Uint8Array,
    maxOutputBytes: number,
    signal: AbortSignal,
  ): Promise<Buffer> => {
    const leave = await gate.enter(signal);
    try {
      const within = { timeoutMs: patience * settings.timeoutMs, memoryBytes };
      return await runJailed(jail, { program, args, input, maxOutputBytes }, within, signal);
    } catch (cause) {
      signal.throwIfAborted();
      throw notRead(cause);
    } finally {
      leave();
    }
  };
  const recognise = async (
    picture: Uint8Array,
    signal: AbortSignal,
    more: string[] = [],
  ): Promise<RecognisedPage[]> => {
    const args = ['stdin', 'stdout', '-l', settings.languages, ...outputs, ...more];
    return readPages((await run('tesseract', args, picture, maxTextBytes, signal)).toString('utf8'));
  };
  return {
    languages: settings.languages,
    isConfined: jail.isWhole,
    async readPicture(bytes, signal) {
      const pages = await recognise(bytes, signal);
      return isShownTurned(bytes) ? pages.map(({ text }) => ({ text, words: null })) : pages;
    },
    async readPdfPage(bytes, page, signal) {
      // What is cut off is shown by no reader.
      const args = ['-r', String(dpi), '-gray', '-cropbox', '-f', String(page), '-l', String(page), '-'];
      const picture = await run('pdftoppm', args, bytes, maxPageBytes, signal);
      const [read] = await recognise(picture, signal, ['--dpi', String(dpi)]);
      return read ?? { text: '', words: null };
    },
  };
}

async function unknownLanguages(languages: string): Promise<string[]> {
  const { stdout } = await promisify(execFile)('tesseract', ['--list-langs'], { env: jailEnvironment });
  const known = new Set(stdout.split('\n').slice(1));
  return languages.split('+').filter((language) => !known.has(language));
}

function notRead(cause: unknown): AppError {
  return new AppError(
    'document_needs_ocr',
    'The text of a picture could not be recognised here. Run text recognition (OCR) on it elsewhere and upload the result.',
    { cause },
  );
}
