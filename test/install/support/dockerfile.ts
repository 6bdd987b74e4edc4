/** One line of a Dockerfile, with what it goes on with. */
export interface Instruction {
  word: string;
  rest: string;
}

export interface Stage {
  /** What it is built on: an image, or an earlier stage. */
  from: string;
  name: string | null;
  instructions: Instruction[];
}

/** The stages of a Dockerfile, in order. @throws Error where something stands before the first FROM */
export function readStages(text: string): Stage[] {
  const stages: Stage[] = [];
  for (const { word, rest } of instructionsOf(text)) {
    if (word === 'FROM') {
      const [, from = '', name = null] = /^(\S+)(?: AS (\S+))?$/.exec(rest) ?? [];
      stages.push({ from, name, instructions: [] });
      continue;
    }
    const stage = stages.at(-1);
    if (stage === undefined) throw new Error(`${word} stands before the first FROM`);
    stage.instructions.push({ word, rest });
  }
  return stages;
}

function instructionsOf(text: string): Instruction[] {
  return text
    .replaceAll(/^\s*#.*\n/gm, '')
    .replaceAll(/ *\\\n\s*/g, ' ')
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => {
      const [, word = '', rest = ''] = /^([A-Z]+) +(.*)$/.exec(line) ?? [];
      if (word === '') throw new Error(`not an instruction: ${line}`);
      return { word, rest };
    });
}

/** The arguments of each instruction of this name. */
export function restsOf({ instructions }: Stage, word: string): string[] {
  return instructions.filter((one) => one.word === word).map(({ rest }) => rest);
}

/** What its ENV lines set. */
export function environmentOf(stage: Stage): Record<string, string> {
  return Object.fromEntries(
    restsOf(stage, 'ENV').flatMap((rest) =>
      rest.split(/ +/).map((pair): [string, string] => {
        const at = pair.indexOf('=');
        return [pair.slice(0, at), pair.slice(at + 1)];
      }),
    ),
  );
}

/** The words of an instruction in its JSON form. */
export function jsonOf(stage: Stage, word: string): string[] {
  const [rest = ''] = restsOf(stage, word);
  return JSON.parse(rest) as string[];
}
