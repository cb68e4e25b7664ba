/** `npm run reset [-- --data DIR]`: deletes what the bank keeps, so that the next start begins anew. */
import { Command } from 'commander'
import { ConfigurationError, readConfiguration } from '../configuration.ts'
import { DataDirectory, DataDirectoryError } from '../embedded/data-directory.ts'

const program = new Command('reset').option('--data <directory>', 'where the bank keeps its data').parse()

try {
  const { dataDirectory } = readConfiguration(program.opts<{ data?: string }>())
  const had = await DataDirectory.reset(dataDirectory)
  process.stdout.write(had ? `The bank in ${dataDirectory} is gone.\n` : `There is no bank in ${dataDirectory}.\n`)
} catch (error) {
  if (!(error instanceof ConfigurationError || error instanceof DataDirectoryError)) throw error
  process.stderr.write(`${error.message}\n`)
  process.exitCode = 1
}
