/** `npm run simulate -- --seeds 2000 [--from N] [--mutation NAME] [--json]`, or `-- --mutations` for the names. */
import { Command, InvalidArgumentError } from 'commander'
import { ledgerScenario, mutationNames, runSimulation } from '../../topology/testing/index.ts'

const write = (line: string): void => void process.stdout.write(`${line}\n`)

const program = new Command('simulate')
  .option('--seeds <number>', 'how many seeds to run', wholeNumber, 2000)
  .option('--from <number>', 'the first seed', wholeNumber, 1)
  .option('--mutation <name>', 'a deliberate bug to switch on')
  .option('--mutations', 'list the deliberate bugs, one a line')
  .option('--json', 'only the closing line')
  .parse()

const options = program.opts<{ seeds: number; from: number; mutation?: string; mutations?: boolean; json?: boolean }>()
if (options.mutations) {
  mutationNames.forEach(write)
} else {
  if (options.mutation !== undefined && !mutationNames.includes(options.mutation)) {
    program.error(`error: no mutation "${options.mutation}"; there are ${mutationNames.join(', ')}`)
  }
  process.exitCode = await runSimulation({ scenario: ledgerScenario, write, ...options })
}

function wholeNumber(text: string): number {
  const number = Number(text)
  if (!Number.isSafeInteger(number) || number < 1) throw new InvalidArgumentError('a whole number above 0 is expected.')
  return number
}
