import {
  compareConstraints,
  type ConstraintDifference,
  notValidated,
  repairConstraints,
} from '../db/constraints.ts';
import { isMigrated } from '../db/migration-state.ts';
import { type Check, fail, ok } from './check.ts';

/** So many are named; a dump that was restored without its keys lacks all of them. */
const named = 5;

/**
 * Primary, unique and foreign keys against what the migrations make. A start does not look at them: `db distribute` takes
 * foreign keys away for a while, and the three other layers of isolation hold without them.
 */
export const constraints: Check = {
  name: 'constraints',
  async run({ db }) {
    if (!(await isMigrated(db).catch(() => false)))
      return fail(
        'cannot be compared: the schema is of another version',
        'Run "npm run alcove -- db migrate".',
      );
    const differences = await compareConstraints(db.pool);
    if (differences.length === 0)
      return ok('primary, unique and foreign keys are as the migrations make them');
    const more = differences.length - named;
    const sentences = differences.slice(0, named).map(describe);
    return fail(
      [...sentences, ...(more > 0 ? [`and ${more} more`] : [])].join('; '),
      'Run "npm run alcove -- doctor --repair", which makes them anew and says where rows are against it; while "db distribute" runs, wait for its end instead.',
    );
  },
  repair: ({ db }) => repairConstraints(db),
};

function describe({ table, name, definition, found }: ConstraintDifference): string {
  const what = `the ${kindOf(definition)} ${name} of ${table}`;
  if (found === null) return `${what} is missing`;
  if (found === definition + notValidated)
    return `${what} is not validated: rows from before it may be against it`;
  return `${what} is "${found}" instead of "${definition}"`;
}

function kindOf(definition: string): string {
  return (
    /^(?:PRIMARY KEY|FOREIGN KEY|UNIQUE)/
      .exec(definition)?.[0]
      .toLowerCase()
      .replace('unique', 'unique key') ?? 'key'
  );
}
