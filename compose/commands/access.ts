/**
 * `npm run access -- plan|apply [--kafka host:port,…]`: compares the ACLs of a secured cluster with those the bank declares, and applies
 * the difference.
 */
import { Argument, Command } from 'commander'
import { aclName, BrokerError, systemPorts } from '../../topology/index.ts'
import { AccessSynchroniser, type AccessDifference } from '../access/access-synchroniser.ts'
import { readPasswords } from '../access/passwords.ts'
import { ConfigurationError } from '../configuration-error.ts'
import { connectToKafka, readConnection } from '../connection.ts'
import { createLogger } from '../logger.ts'

const program = new Command('access')
  .description(
    'plan: print the ACLs that differ from the declaration; change nothing. apply: create and delete them, and set passwords. ' +
      'Exit code 0: nothing differs.',
  )
  .addArgument(new Argument('<what>').choices(['plan', 'apply']))
  .option('--kafka <addresses>', 'bootstrap brokers as host:port, comma-separated, on the listener for administrators')
  .parse()

try {
  const broker = await connectToKafka(readConnection(program.opts<{ kafka?: string }>()), systemPorts(createLogger('error')), 'bob-access')
  try {
    const synchroniser = new AccessSynchroniser(broker.access)
    const planned = await synchroniser.plan()
    print(planned)
    const remaining = program.args[0] === 'apply' ? await synchroniser.apply(planned, readPasswords()) : planned
    process.stdout.write(remaining.matches ? 'Users and ACLs match the declaration.\n' : '')
    process.exitCode = remaining.matches ? 0 : 1
  } finally {
    await broker.close()
  }
} catch (error) {
  if (!(error instanceof BrokerError) && !(error instanceof ConfigurationError)) throw error
  process.stderr.write(`${error.message}\n`)
  process.exitCode = 1
}

function print({ missing, surplus }: AccessDifference): void {
  for (const acl of missing) process.stdout.write(`+ ${aclName(acl)}\n`)
  for (const acl of surplus) process.stdout.write(`- ${aclName(acl)}\n`)
}
