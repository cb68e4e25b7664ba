/**
 * `npm run chaos -- [--kills 50] [--minutes 5] [--brokers 1|3] [--seed N] [--standbys 1] [--mishaps kill,pause] [--json]`: exit code 1 when a transfer was lost or
 * doubled, or anything else is wrong.
 */
import { randomInt } from 'node:crypto'
import { join } from 'node:path'
import { Command, InvalidArgumentError } from 'commander'
import { chaos, isSound } from '../chaos/chaos.ts'
import { isMishap, type Mishap } from '../chaos/mishaps.ts'
import { MissingToolError } from '../kafka/missing-tool-error.ts'

const program = new Command('chaos')
  .description('Injects faults into the processes of a bank on real Kafka under load, then checks the result with an independent verifier.')
  .option('--kills <number>', 'number of kills of a working processor', positive, 50)
  .option('--minutes <number>', 'longest duration', positive, 5)
  .option('--brokers <number>', 'number of brokers: 1 or 3', brokerCount, 1)
  .option('--seed <number>', 'seed of the random choices', positive, randomInt(1, 2 ** 31))
  .option('--standbys <number>', 'standbys per task: 0 to 2', standbyCount, 1)
  .option('--mishaps <names>', 'only these, separated by commas (default: all)', mishapNames)
  .option('--json', 'print only the closing line')
  .parse()

// Exit handlers kill the child processes.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1))
const { kills, minutes, brokers, seed, standbys, mishaps, json } = program.opts<{
  kills: number
  minutes: number
  brokers: 1 | 3
  seed: number
  standbys: number
  mishaps?: readonly Mishap[]
  json?: boolean
}>()
try {
  const result = await chaos({
    kills,
    minutes,
    brokers,
    seed,
    standbys,
    mishaps,
    packages: join('data', 'kafka', 'packages'),
    onLine: (text) => json || process.stdout.write(`${text}\n`),
  })
  const { faults, ...line } = result
  for (const fault of faults) process.stderr.write(`${fault}\n`)
  process.stdout.write(`${JSON.stringify({ ...line, faults: faults.length })}\n`)
  process.exitCode = isSound(result) && result.kills >= kills ? 0 : 1
} catch (error) {
  if (!(error instanceof MissingToolError)) throw error
  process.stderr.write(`${error.message}\n`)
  process.exitCode = 1
}

function positive(text: string): number {
  const number = Number(text)
  if (!Number.isSafeInteger(number) || number < 1) throw new InvalidArgumentError('expected a whole number above 0.')
  return number
}

function brokerCount(text: string): 1 | 3 {
  if (text === '1') return 1
  if (text === '3') return 3
  throw new InvalidArgumentError('expected 1 or 3.')
}

function standbyCount(text: string): number {
  if (!/^[012]$/.test(text)) throw new InvalidArgumentError('expected 0, 1 or 2.')
  return Number(text)
}

function mishapNames(text: string): readonly Mishap[] {
  const names = text.split(',')
  const mishaps = names.filter(isMishap)
  if (mishaps.length < names.length) throw new InvalidArgumentError('expected names of mishaps, see docs/kafka.md.')
  return mishaps
}
