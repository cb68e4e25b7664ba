/** `npm run kills -- [--kills 20] [--load 20] [--transfers 0] [--json]`: kills the bank under load; exit code 1 when a transfer was lost or doubled. */
import { Command, InvalidArgumentError } from 'commander'
import { killTest } from '../kills/kill-test.ts'

const program = new Command('kills')
  .option('--kills <number>', 'number of kills', wholeNumber, 20)
  .option('--load <number>', 'transfers per second in addition to those that are checked', wholeNumber, 20)
  .option('--transfers <number>', 'transfers in the log before the first start; made once, then kept in data/kills', wholeNumber, 0)
  .option('--json', 'print only the closing line')
  .parse()

const { kills, load, transfers, json } = program.opts<{ kills: number; load: number; transfers: number; json?: boolean }>()
const result = await killTest({
  kills,
  load,
  transfers,
  onFill: (filled) => {
    if (!json) process.stdout.write(`filling the log: ${filled} of ${transfers} transfers\n`)
  },
  onKill: (kill, readyMs, acknowledged) => {
    if (!json)
      process.stdout.write(`kill ${kill} of ${kills}: ready again after ${readyMs} ms, ${acknowledged} transfers acknowledged so far\n`)
  },
})
process.stdout.write(`${JSON.stringify(result)}\n`)
const { lost, doubled, balancesRight, booksBalanced } = result
process.exitCode = lost === 0 && doubled === 0 && balancesRight && booksBalanced ? 0 : 1

function wholeNumber(text: string): number {
  const number = Number(text)
  if (!Number.isSafeInteger(number) || number < 0) throw new InvalidArgumentError('expected a whole number.')
  return number
}
