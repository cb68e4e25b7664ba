/**
 * `npm run simulate -- --seeds 2000 [--from N] [--mutation NAME] [--scenario bank|ledger|both] [--json]`: runs simulations from seeds;
 * `-- --mutations` lists the deliberate bugs.
 */
import { Command, InvalidArgumentError, Option } from 'commander'
import { bankScenario } from '../simulation/bank-scenario.ts'
import { ledgerScenario, mutationNames, runSimulation } from '../../topology/testing/index.ts'

const write = (line: string): void => void process.stdout.write(`${line}\n`)

const program = new Command('simulate')
  .option('--seeds <number>', 'number of seeds to run', wholeNumber, 2000)
  .option('--from <number>', 'first seed', wholeNumber, 1)
  .option('--mutation <name>', 'deliberate bug to inject')
  .option('--mutations', 'list the deliberate bugs, one per line')
  .addOption(
    new Option('--scenario <name>', 'application to simulate; "both" alternates from seed to seed')
      .choices(['bank', 'ledger', 'both'])
      .default('both'),
  )
  .option('--json', 'print only the closing line')
  .parse()

const options = program.opts<{
  seeds: number
  from: number
  mutation?: string
  mutations?: boolean
  scenario: 'bank' | 'ledger' | 'both'
  json?: boolean
}>()
if (options.mutations) {
  mutationNames.forEach(write)
} else {
  if (options.mutation !== undefined && !mutationNames.includes(options.mutation)) {
    program.error(`error: unknown mutation "${options.mutation}": choose one of ${mutationNames.join(', ')}`)
  }
  const bank = await bankScenario()
  const scenarios = { bank: [bank], ledger: [ledgerScenario], both: [bank, ledgerScenario] } as const
  process.exitCode = await runSimulation({ ...options, scenarios: scenarios[options.scenario], write })
}

function wholeNumber(text: string): number {
  const number = Number(text)
  if (!Number.isSafeInteger(number) || number < 1) throw new InvalidArgumentError('expected a whole number above 0.')
  return number
}
