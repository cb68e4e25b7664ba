/** `npm run simulate -- --seeds 2000 [--from N] [--mutation NAME] [--scenario bank|ledger|both] [--json]`, or `-- --mutations` for the names. */
import { Command, InvalidArgumentError, Option } from 'commander'
import { bankScenario } from '../simulation/bank-scenario.ts'
import { ledgerScenario, mutationNames, runSimulation } from '../../topology/testing/index.ts'

const write = (line: string): void => void process.stdout.write(`${line}\n`)

const program = new Command('simulate')
  .option('--seeds <number>', 'how many seeds to run', wholeNumber, 2000)
  .option('--from <number>', 'the first seed', wholeNumber, 1)
  .option('--mutation <name>', 'a deliberate bug to switch on')
  .option('--mutations', 'list the deliberate bugs, one a line')
  .addOption(
    new Option('--scenario <name>', 'the application to simulate; both take turns').choices(['bank', 'ledger', 'both']).default('both'),
  )
  .option('--json', 'only the closing line')
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
    program.error(`error: no mutation "${options.mutation}"; there are ${mutationNames.join(', ')}`)
  }
  const bank = await bankScenario()
  const scenarios = { bank: [bank], ledger: [ledgerScenario], both: [bank, ledgerScenario] } as const
  process.exitCode = await runSimulation({ ...options, scenarios: scenarios[options.scenario], write })
}

function wholeNumber(text: string): number {
  const number = Number(text)
  if (!Number.isSafeInteger(number) || number < 1) throw new InvalidArgumentError('a whole number above 0 is expected.')
  return number
}
