import type { Command, Records } from '../../../schemas/index.ts'
import type { EventOf } from '../messages.ts'

/** The steps of a transfer: the command that the saga sends to an account, and the event by which the account carries it out. */
const STEPS = {
  debit: { command: 'DebitMoney', event: 'MoneyDebited' },
  credit: { command: 'CreditMoney', event: 'MoneyCredited' },
  return: { command: 'ReturnMoney', event: 'MoneyReturned' },
} as const

const STEP_COMMANDS: ReadonlySet<string> = new Set(Object.values(STEPS).map(({ command }) => command))

export type Step = keyof typeof STEPS
export type StepCommand = Records[(typeof STEPS)[Step]['command']]
export type StepEventType = (typeof STEPS)[Step]['event']

/** The name of a step in the view of a transfer. */
export type TransferStepName = EventOf<'transfer'>['type'] | StepEventType | 'TransferStuck'
/** In the order of a transfer that passes through all of them. */
export const TRANSFER_STEP_NAMES = Object.keys({
  TransferStarted: true,
  MoneyDebited: true,
  MoneyCredited: true,
  MoneyReturned: true,
  TransferCompleted: true,
  TransferFailed: true,
  TransferStuck: true,
} satisfies Readonly<Record<TransferStepName, true>>) as readonly TransferStepName[]

export function stepEvent(step: Step): StepEventType {
  return STEPS[step].event
}

/** Whether commands of this type are steps of a transfer, which the saga sends and no client. */
export function isStepCommandType(type: Command['type']): type is StepCommand['type'] {
  return STEP_COMMANDS.has(type)
}

export function isStep(text: string): text is Step {
  return Object.hasOwn(STEPS, text)
}
