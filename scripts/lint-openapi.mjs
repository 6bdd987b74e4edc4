// Lints docs/openapi.json with the recommended rules of Redocly and of Spectral; a warning fails as an error does.
//   node scripts/lint-openapi.mjs
import { BaseResolver, createConfig, lintDocument, makeDocumentFromString } from '@redocly/openapi-core';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { resolve } from 'node:path';

// Spectral is CommonJS whose named exports Node cannot see.
const require = createRequire(import.meta.url);
const { Spectral } = require('@stoplight/spectral-core');
const { oas } = require('@stoplight/spectral-rulesets');

const path = resolve(import.meta.dirname, '../docs/openapi.json');
const text = readFileSync(path, 'utf8');
const findings = [...(await lintWithRedocly()), ...(await lintWithSpectral())];
for (const finding of findings) console.error(finding);
if (findings.length === 0) console.log('Redocly and Spectral find nothing to say.');
process.exitCode = findings.length === 0 ? 0 : 1;

async function lintWithRedocly() {
  const problems = await lintDocument({
    document: makeDocumentFromString(text, path),
    config: await createConfig({ extends: ['recommended'] }),
    externalRefResolver: new BaseResolver(),
  });
  return problems.map(
    ({ ruleId, message, location }) => `redocly ${ruleId} ${location[0]?.pointer ?? ''}: ${message}`,
  );
}

async function lintWithSpectral() {
  const spectral = new Spectral();
  spectral.setRuleset({ extends: [[oas, 'recommended']] });
  const problems = await spectral.run(text);
  return problems.map(({ code, message, path: place }) => `spectral ${code} ${place.join('/')}: ${message}`);
}
