import { whereToRun } from './where-to-run.mjs';

// Before `npm start`, whose script Windows could not even begin.
const place = whereToRun({ platform: process.platform, version: '24', ownNode: null });
if ('refusal' in place) {
  console.error(place.refusal);
  process.exitCode = 1;
}
