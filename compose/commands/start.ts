/** `npm start [-- --load N] [--for 60s] [--json] [--instances N] [--port N] [--data DIR]`: runs a whole bank in this process. */
import { fileURLToPath } from 'node:url'
import { Command } from 'commander'
import { parseDuration, readConfiguration } from '../configuration.ts'
import { ConfigurationError } from '../configuration-error.ts'
import { DataDirectoryError } from '../embedded/data-directory.ts'
import { PortError } from '../embedded/port-check.ts'
import { FatalBrokerError } from '../../topology/index.ts'
import { keepFilesPrivate } from '../private-files.ts'
import { run } from '../run/run.ts'

interface Flags {
  readonly load: string
  readonly for?: string
  readonly json?: boolean
  readonly instances?: string
  readonly port?: string
  readonly data?: string
}

const program = new Command('start')
  .description('Starts a bank in this process: broker, registry, processor instances, API and web page.')
  .option('--load <number>', 'transfers per second from a built-in generator', '0')
  .option('--for <duration>', 'how long to run, like 60s or 5m (default: until Ctrl-C)')
  .option('--json', 'print only lines of JSON: one a second while a start takes longer than that, and a closing one')
  .option('--instances <number>', 'number of processor instances (default 3)')
  .option('--port <number>', 'port of the page and the API (default 8181)')
  .option('--data <directory>', 'where to keep all data (default data/bank)')
  .parse()

keepFilesPrivate()
try {
  const flags = program.opts<Flags>()
  process.exitCode = await run({
    configuration: readConfiguration(flags),
    load: wholeNumber('load', flags.load),
    forMs: flags.for === undefined ? undefined : parseDuration(flags.for),
    json: flags.json ?? false,
    pageDirectory: fileURLToPath(new URL('../web', import.meta.url)),
    output: process.stdout,
  })
} catch (error) {
  if (!isExpected(error)) throw error
  process.stderr.write(`${error.message}\n`, () => process.exit(1)) // after a failure, calls may be left that never end
}

function isExpected(error: unknown): error is Error {
  return [ConfigurationError, DataDirectoryError, PortError, FatalBrokerError].some((kind) => error instanceof kind)
}

function wholeNumber(flag: string, text: string): number {
  const number = Number(text)
  if (!Number.isSafeInteger(number) || number < 0) throw new ConfigurationError(`--${flag} takes a whole number, not "${text}".`)
  return number
}
