import { whereToRun } from './where-to-run.mjs';

// Before `npm start`, whose script Windows could not even begin and an old Node not understand: it runs in this one.
const place = whereToRun({ platform: process.platform, version: process.versions.node, ownNode: null });
if ('refusal' in place) {
  console.error(place.refusal);
  process.exitCode = 1;
}
