import type { Check, DoctorDeps, Finding } from './check.ts';
import { constraints } from './constraints-check.ts';
import { clock, extension, isolation, keys, schema } from './database-checks.ts';
import { disk, embeddingProvider, recognition, sandbox } from './machine-checks.ts';
import { indexes, plans, searchPlan } from './index-checks.ts';
import { originals } from './originals-check.ts';
import { probe } from './probe.ts';
import { segments } from './segments-check.ts';

export interface NamedFinding extends Finding {
  name: string;
}

/** In the order in which one thing needs the other. */
const checks: Check[] = [
  schema,
  extension,
  isolation,
  constraints,
  probe,
  keys,
  originals,
  indexes,
  segments,
  plans,
  searchPlan,
  clock,
  disk,
  sandbox,
  recognition,
  embeddingProvider,
];

/** Runs every check, whatever the others find. What `repair` mends is looked at again. */
export async function* examine(deps: DoctorDeps, repair: boolean): AsyncGenerator<NamedFinding> {
  for (const check of checks) {
    let finding = await look(check, deps);
    if (repair && finding.status !== 'ok' && check.repair !== undefined) {
      try {
        await check.repair(deps);
        const again = await look(check, deps);
        finding =
          again.status === 'ok' ? { ...again, found: `${again.found} (mended: ${finding.found})` } : again;
      } catch (error) {
        finding = { ...finding, advice: `It could not be mended: ${(error as Error).message}` };
      }
    }
    yield { name: check.name, ...finding };
  }
}

/** The same, once everything is known. */
export async function examineAll(deps: DoctorDeps, repair: boolean): Promise<NamedFinding[]> {
  const findings: NamedFinding[] = [];
  for await (const finding of examine(deps, repair)) findings.push(finding);
  return findings;
}

async function look(check: Check, deps: DoctorDeps): Promise<Finding> {
  try {
    return await check.run(deps);
  } catch (error) {
    const found = error instanceof Error ? error.message : String(error);
    return { status: 'fail', found, advice: 'Look at the log of the server and of the database.' };
  }
}
