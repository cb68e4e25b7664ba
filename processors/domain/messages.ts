import type { Command, Event, Records } from '../../schemas/index.ts'

export type Aggregate = 'user' | 'account' | 'transfer'
/** The parts of an account that its events change. Each projection of account events follows one of them. */
export type AccountPart = 'owners' | 'balance' | 'settings'

/**
 * The aggregates that decide on each command, in the order in which the command reaches them. With `EVENTS` this is the only list of messages
 * beside the schemas: types, topics and serdes are derived from it, and a command without an entry does not compile.
 */
const COMMANDS = {
  CreateUserAccount: ['user'],
  // Only the user aggregate knows without lag whether the user exists (DECISIONS 20).
  AddUserToBankAccount: ['user', 'account'],
  CreateBankAccount: ['account'],
  RemoveUserFromBankAccount: ['account'],
  DebitMoney: ['account'],
  CreditMoney: ['account'],
  ReturnMoney: ['account'],
  UpdateAlertSettings: ['account'],
  MoneyTransfer: ['transfer'],
} as const satisfies Readonly<Record<Command['type'], readonly [Aggregate, ...Aggregate[]]>>

/** The aggregate whose history each event belongs to, and what it changes of an account. */
const EVENTS = {
  UserAccountCreated: { aggregate: 'user' },
  BankAccountCreated: { aggregate: 'account', changes: 'owners' },
  UserAddedToBankAccount: { aggregate: 'account', changes: 'owners' },
  UserRemovedFromBankAccount: { aggregate: 'account', changes: 'owners' },
  MoneyDebited: { aggregate: 'account', changes: 'balance' },
  MoneyCredited: { aggregate: 'account', changes: 'balance' },
  MoneyReturned: { aggregate: 'account', changes: 'balance' },
  AlertSettingsUpdated: { aggregate: 'account', changes: 'settings' },
  TransferStarted: { aggregate: 'transfer' },
  TransferCompleted: { aggregate: 'transfer' },
  TransferFailed: { aggregate: 'transfer' },
} as const satisfies Readonly<Record<Event['type'], EventEntry>>

type EventEntry = { readonly aggregate: 'account'; readonly changes: AccountPart } | { readonly aggregate: Exclude<Aggregate, 'account'> }

type CommandType = keyof typeof COMMANDS
type EventType = keyof typeof EVENTS
type CommandTypeOf<A extends Aggregate> = {
  [Type in CommandType]: A extends (typeof COMMANDS)[Type][number] ? Type : never
}[CommandType]
type EventTypeOf<A extends Aggregate> = {
  [Type in EventType]: (typeof EVENTS)[Type] extends { readonly aggregate: A } ? Type : never
}[EventType]
type EventTypeChanging<Part extends AccountPart> = {
  [Type in EventType]: (typeof EVENTS)[Type] extends { readonly changes: Part } ? Type : never
}[EventType]

/** The commands that the aggregate decides on. */
export type CommandOf<A extends Aggregate> = Records[CommandTypeOf<A>]
/** The events of the aggregate's history. */
export type EventOf<A extends Aggregate> = Records[EventTypeOf<A>]
/** The account events that change this part of an account. */
export type EventChanging<Part extends AccountPart> = Records[EventTypeChanging<Part>]

export const COMMAND_TYPES = Object.keys(COMMANDS) as readonly CommandType[]
const EVENT_TYPES = Object.keys(EVENTS) as readonly EventType[]

export function commandTypesOf<A extends Aggregate>(aggregate: A): readonly CommandTypeOf<A>[] {
  const decides = (type: CommandType): type is CommandTypeOf<A> => COMMANDS[type].some((decider) => decider === aggregate)
  return COMMAND_TYPES.filter(decides)
}

export function eventTypesOf<A extends Aggregate>(aggregate: A): readonly EventTypeOf<A>[] {
  const belongs = (type: EventType): type is EventTypeOf<A> => EVENTS[type].aggregate === aggregate
  return EVENT_TYPES.filter(belongs)
}

export function eventTypesChanging<Part extends AccountPart>(part: Part): readonly EventTypeChanging<Part>[] {
  return EVENT_TYPES.filter((type): type is EventTypeChanging<Part> => typeChanges(type, part))
}

/** Whether the event changes this part of its account. */
export function changes<Part extends AccountPart>(event: EventOf<'account'>, part: Part): event is EventChanging<Part> {
  return typeChanges(event.type, part)
}

/** The aggregate that a command reaches first. */
export function firstAggregateOf(type: CommandType): Aggregate {
  return COMMANDS[type][0]
}

function typeChanges(type: EventType, part: AccountPart): boolean {
  const entry: EventEntry = EVENTS[type]
  return entry.aggregate === 'account' && entry.changes === part
}
