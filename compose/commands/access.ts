/** `npm run access -- plan|apply [--kafka host:port,…]`: brings a secured cluster's users and access rules to what the bank declares. */
import { Argument, Command } from 'commander'
import { aclName, BrokerError, systemPorts } from '../../topology/index.ts'
import { AccessSynchroniser, type AccessDifference } from '../access/access-synchroniser.ts'
import { readPasswords } from '../access/passwords.ts'
import { ConfigurationError } from '../configuration.ts'
import { connectToKafka, readConnection } from '../connection.ts'
import { createLogger } from '../logger.ts'

const program = new Command('access')
  .description('plan: says what is otherwise than declared, and changes nothing. apply: puts it right. Exit code 0: all is as declared.')
  .addArgument(new Argument('<what>').choices(['plan', 'apply']))
  .option('--kafka <addresses>', 'host:port of some brokers, where an administrator may connect')
  .parse()

try {
  const broker = await connectToKafka(readConnection(program.opts<{ kafka?: string }>()), systemPorts(createLogger('error')), 'bob-access')
  try {
    const synchroniser = new AccessSynchroniser(broker.access)
    const planned = await synchroniser.plan()
    print(planned)
    const left = program.args[0] === 'apply' ? await synchroniser.apply(planned, readPasswords()) : planned
    process.stdout.write(left.matches ? 'Users and access rules are as declared.\n' : '')
    process.exitCode = left.matches ? 0 : 1
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
