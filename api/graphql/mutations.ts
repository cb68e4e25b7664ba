import { isDeepStrictEqual } from 'node:util'
import type { AccountView } from '../../processors/index.ts'
import type { AlertSettings } from '../../schemas/index.ts'
import { requireClient, requireEmployee } from './access.ts'
import { apiError } from './api-error.ts'
import { uuid } from './arguments.ts'
import { untilSeen } from '../until-seen.ts'
import { moneyMutations } from './money-mutations.ts'
import { openAccount } from './open-account.ts'
import type { CommandAnswer, NewCommand } from '../commands/command-bus.ts'
import type { ClusterControl } from '../ports/cluster.ts'
import type { RequestContext } from './request-context.ts'
import type { SignInAnswer } from '../sessions/sign-in.ts'
import type { Resolvers, Services } from './services.ts'

interface AlertSettingsInput {
  readonly balanceBelow?: bigint | null
  readonly amountAbove?: bigint | null
  readonly counterpartyNew: boolean
  readonly debitsInFiveMinutes?: number | null
}

/** For an account that the client does not own: the same answer as for one that does not exist. */
const UNKNOWN_IBAN = { succeeded: false, pending: false, reason: 'iban not known', code: 'NOT_FOUND' }

/** The fields of `Mutation`. A refusal by the bank is a result with its reason; a refusal by the API is an error. */
export function mutations(services: Services): Resolvers {
  const { cluster, commands, ports, reader, signIn } = services

  async function enter(answer: SignInAnswer, context: RequestContext): Promise<object> {
    if ('reason' in answer) return { session: null, reason: answer.reason }
    await context.beginSession(answer.user)
    return { session: answer.user, reason: null }
  }

  /** Sends an owner's command with the owner's token. After a success it waits until `isVisible`: the client then reads its own write. */
  async function asOwner(
    context: RequestContext,
    iban: string,
    command: (owner: Owner) => NewCommand,
    isVisible: (account: AccountView, owner: Owner) => boolean | Promise<boolean>,
  ): Promise<object> {
    const { username } = requireClient(context)
    const token = await reader.ownerToken(iban, username)
    if (token === undefined) return UNKNOWN_IBAN
    const owner = { id: ports.random.uuid(), iban, username, token }
    const answer = await commands.send(command(owner))
    if (answer.type === 'CommandSucceeded') {
      await untilSeen(ports.timers, async () => {
        const account = await reader.account(iban)
        return account !== undefined && (await isVisible(account, owner)) ? account : undefined
      })
    }
    return resultOf(answer)
  }

  const control = (context: RequestContext): ClusterControl => {
    requireEmployee(context)
    if (cluster.control === undefined) throw apiError('FORBIDDEN', 'Instances are started and stopped where they run.')
    return cluster.control
  }

  return {
    signUp: async (args: { username: string; password: string }, context) =>
      enter(await signIn.signUp(args.username, args.password, context.address), context),
    signIn: async (args: { username: string; password: string }, context) =>
      enter(await signIn.signIn(args.username, args.password, context.address), context),
    signOut: async (_: object, context) => {
      await context.endSession()
      return true
    },
    openAccount: ({ id }: { id?: string | null }, context) =>
      openAccount(services, requireClient(context).username, id ? uuid('id', id) : ports.random.uuid()),
    addOwner: ({ iban, username }: { iban: string; username: string }, context) =>
      asOwner(
        context,
        iban,
        (owner) => ({ type: 'AddUserToBankAccount', ...owner, userToAdd: username }),
        async ({ owners }) => owners.includes(username) && (await reader.ibansOwnedBy(username)).includes(iban),
      ),
    removeOwner: ({ iban }: { iban: string }, context) =>
      asOwner(
        context,
        iban,
        (owner) => ({ type: 'RemoveUserFromBankAccount', ...owner }),
        async ({ owners }, { username }) => !owners.includes(username) && !(await reader.ibansOwnedBy(username)).includes(iban),
      ),
    updateAlertSettings: ({ iban, settings }: { iban: string; settings: AlertSettingsInput }, context) =>
      asOwner(
        context,
        iban,
        (owner) => ({ type: 'UpdateAlertSettings', ...owner, settings: settingsOf(settings) }),
        ({ alertSettings }) => isDeepStrictEqual({ ...alertSettings }, settingsOf(settings)),
      ),
    ...moneyMutations(services),
    addInstance: (_: object, context) => control(context).add(),
    stopInstance: ({ id }: { id: string }, context) => control(context).stop(id),
    killInstance: ({ id }: { id: string }, context) => control(context).kill(id),
  }
}

interface Owner {
  readonly id: string
  readonly iban: string
  readonly username: string
  readonly token: string
}

function resultOf(answer: CommandAnswer): object {
  switch (answer.type) {
    case 'CommandSucceeded':
      return { succeeded: true, pending: false, reason: null, code: null }
    case 'CommandFailed':
      return { succeeded: false, pending: false, reason: answer.reason, code: answer.code }
    case 'pending':
      return { succeeded: false, pending: true, reason: null, code: null }
    default:
      return answer satisfies never
  }
}

function settingsOf({ balanceBelow, amountAbove, counterpartyNew, debitsInFiveMinutes }: AlertSettingsInput): AlertSettings {
  return {
    balanceBelow: balanceBelow ?? null,
    amountAbove: amountAbove ?? null,
    counterpartyNew,
    debitsInFiveMinutes: debitsInFiveMinutes ?? null,
  }
}
