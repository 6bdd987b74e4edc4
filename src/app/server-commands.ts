import type { Commands } from '../backup/control.ts';
import type { DoctorDeps } from '../doctor/check.ts';
import { examineAll } from '../doctor/examine.ts';
import type { IdentityDeps } from '../identity/deps.ts';
import { overseeAudit, overseeStatistics } from '../identity/oversee.ts';
import { operate } from '../identity/people/operate.ts';
import { operation } from '../identity/people/operation.ts';
import { readSetupCode } from '../identity/setup-code.ts';
import { type ModelHolders, takeUpModels } from './take-up-models.ts';

/** What commands of the same user can ask of a server whose database only it can open. */
export function serverCommands(
  examined: DoctorDeps,
  identity: IdentityDeps,
  holders: ModelHolders,
  report: (sentence: string) => void,
  signal: AbortSignal,
): Commands {
  const { config, db, now } = examined;
  const overseen = { db, prices: config.prices, now };
  return {
    doctor: (options) => examineAll(examined, options.has('repair')),
    people: async (options) => {
      const asked = operation.parse(JSON.parse(options.get('asked') ?? '{}'));
      return operate(asked, `http://localhost:${config.port}`, identity);
    },
    'setup-code': async () => ({ setup_code: await readSetupCode(db, identity.firstAccount) }),
    stats: (options) => overseeStatistics(options, overseen),
    audit: (options) => overseeAudit(options, overseen),
    models: async (options) => {
      config.models.embeddingModel = options.get('EMBEDDING_MODEL') ?? config.models.embeddingModel;
      config.models.rerankModel = options.get('RERANK_MODEL') ?? config.models.rerankModel;
      return takeUpModels(holders, { ...config.models, report }, signal);
    },
  };
}
