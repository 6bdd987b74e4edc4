/** What every process that tests start has of this one's environment. */
export function childEnvironment(): Record<string, string> {
  const { PATH = '', NODE_COMPILE_CACHE = '' } = process.env;
  return { PATH, ALCOVE_ENV_FILE: '/dev/null', ...(NODE_COMPILE_CACHE === '' ? {} : { NODE_COMPILE_CACHE }) };
}

/** For Node: V8 would spend two seconds of each short life on optimising the embedded database; loading as `npm start`. */
export const childFlags = [
  '--liftoff-only',
  `--import=${new URL('../../bin/light-modules.mjs', import.meta.url).href}`,
];
