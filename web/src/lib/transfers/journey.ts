import type { Transaction, Transfer, TransferStepName } from '../generated/graphql.ts'
import { formatIban } from '../iban.ts'
import { formatEuro } from '../money.ts'

export interface Station {
  readonly id: 'command' | 'saga' | 'from' | 'to' | 'end' | 'projection' | 'page'
  readonly title: string
  /** What runs at this station: a topic, a task, a process. */
  readonly where: string
  readonly text: string
  /** This transfer's data at this station; empty if unknown. */
  readonly data: string
  readonly state: 'done' | 'failed' | 'skipped' | 'waiting'
  /** Milliseconds after the start; undefined if unknown. */
  readonly afterMs: number | undefined
}

/** The input of a journey: the transfer, a transaction of it, both, or nothing yet. */
export interface Known {
  readonly transfer?: Transfer | null | undefined
  readonly row?: Transaction | null | undefined
}

/**
 * The journey of one transfer through the bank in seven stations. Times come from the transfer's steps. Without the transfer (a client
 * sees only its own) the stations are derived from the transaction and have no times.
 */
export function journeyOf({ transfer, row }: Known): readonly Station[] {
  const facts = transfer ? factsOfTransfer(transfer) : factsOfRow(row ?? undefined)
  const stepAt = (id: Station['id']) => transfer?.steps.find(({ name }) => stationOf(name) === id)
  const time = (id: Station['id']) => {
    const step = stepAt(id)
    return step === undefined || transfer === undefined || transfer === null ? undefined : Math.max(0, step.time - transfer.startedAt)
  }
  const ended = transfer === undefined || transfer === null || transfer.state !== 'PENDING'
  const failed = transfer?.state === 'FAILED' || transfer?.state === 'STUCK'
  const moved = (id: Station['id']): Station['state'] => {
    if (transfer === undefined || transfer === null) return row ? 'done' : 'waiting'
    if (stepAt(id) !== undefined) return 'done'
    return ended ? (failed ? 'failed' : 'done') : 'waiting'
  }
  const debit: Station['state'] = facts.fromCash ? 'skipped' : moved('from')
  const credit: Station['state'] = facts.toElsewhere ? 'skipped' : debit === 'failed' ? 'skipped' : moved('to')
  const known = row !== undefined && row !== null
  const seen: Station['state'] = known || (ended && transfer && !failed) ? 'done' : failed ? 'skipped' : 'waiting'
  const isReturned = transfer?.steps.some(({ name }) => name === 'MONEY_RETURNED') === true

  return [
    {
      id: 'command',
      title: 'Command',
      where: 'topic',
      text: 'The API writes one command to a topic, under the transfer’s id, and waits for the outcome. Sent twice, it is carried out once.',
      data: facts.order,
      state: facts.order === '' ? 'waiting' : 'done',
      afterMs: transfer ? 0 : undefined,
    },
    {
      id: 'saga',
      title: 'Saga',
      where: 'task, by transfer',
      text: 'One task owns this transfer. It checks amount and accounts, keeps the transfer’s progress in its store, and sends a command to the payer’s account.',
      data: transfer ? `Transfer ${transfer.id.slice(0, 8)}` : '',
      state: facts.order === '' ? 'waiting' : 'done',
      afterMs: time('saga'),
    },
    {
      id: 'from',
      title: 'Payer',
      where: 'task, by account',
      text: facts.fromCash
        ? 'Cash at the counter: there is no account to debit, so this station is skipped.'
        : 'The one task that owns this account checks owner, token and limit, and stores “money debited”.',
      data: facts.from,
      state: debit,
      afterMs: time('from'),
    },
    {
      id: 'to',
      title: 'Receiver',
      where: 'task, by account',
      text: facts.toElsewhere
        ? 'The receiver’s account is at another bank: the money is booked on the clearing account, and this station is skipped.'
        : 'The task that owns the receiving account stores “money credited”. If it refuses, the money goes back to the payer.',
      data: isReturned ? 'Refused: the money went back' : facts.to,
      state: credit,
      afterMs: time('to'),
    },
    {
      id: 'end',
      title: 'Outcome',
      where: 'task, by transfer',
      text: 'The saga ends and answers the command with exactly one outcome: completed, or failed with the reason.',
      data: facts.outcome,
      state: facts.order === '' || !ended ? 'waiting' : failed ? 'failed' : 'done',
      afterMs: time('end') ?? (transfer?.endedAt ? transfer.endedAt - transfer.startedAt : undefined),
    },
    {
      id: 'projection',
      title: 'Projection',
      where: 'task, by account',
      text: 'Another task derives rows, balances, turnover and alerts from the events. It can be rebuilt from the events alone.',
      data: known ? `Row ${row.sequence} of ${formatIban(row.iban)}` : '',
      state: seen,
      afterMs: undefined,
    },
    {
      id: 'page',
      title: 'This page',
      where: 'server-sent events',
      text: 'The row is pushed to every page that watches this account. No reload; after a lost connection it continues after the last row.',
      data: known ? `New balance ${formatEuro(BigInt(row.newBalance))}` : '',
      state: seen,
      afterMs: undefined,
    },
  ]
}

/** The station that a step completes. A return has none of its own: it is part of the receiver's refusal. */
function stationOf(step: TransferStepName): Station['id'] | undefined {
  switch (step) {
    case 'TRANSFER_STARTED':
      return 'saga'
    case 'MONEY_DEBITED':
      return 'from'
    case 'MONEY_CREDITED':
      return 'to'
    case 'MONEY_RETURNED':
      return undefined
    case 'TRANSFER_COMPLETED':
    case 'TRANSFER_FAILED':
    case 'TRANSFER_STUCK':
      return 'end'
    default:
      return step satisfies never
  }
}

interface Facts {
  readonly order: string
  readonly from: string
  readonly to: string
  readonly outcome: string
  readonly fromCash: boolean
  readonly toElsewhere: boolean
}

function factsOfTransfer({ from, to, amount, state, reason }: Transfer): Facts {
  const money = formatEuro(BigInt(amount))
  const outcomes = { PENDING: 'Pending', COMPLETED: 'Completed', FAILED: reason ?? 'Failed', STUCK: 'Stuck: an employee looks at it' }
  return { ...sides(from, to), order: `${money} from ${formatIban(from)} to ${formatIban(to)}`, outcome: outcomes[state] }
}

function factsOfRow(row: Transaction | undefined): Facts {
  if (row === undefined) return { order: '', from: '', to: '', outcome: '', fromCash: false, toElsewhere: false }
  const [from, to] = row.direction === 'DEBIT' ? [row.iban, row.counterparty] : [row.counterparty, row.iban]
  return {
    ...sides(from, to),
    order: `${formatEuro(BigInt(row.amount))} from ${formatIban(from)} to ${formatIban(to)}`,
    outcome: 'Completed',
  }
}

function sides(from: string, to: string): Pick<Facts, 'from' | 'to' | 'fromCash' | 'toElsewhere'> {
  return {
    from: formatIban(from),
    to: formatIban(to),
    fromCash: from === 'cash',
    toElsewhere: /^[A-Z]{2}\d{2}/.test(to) && !/^NL\d{2}OPEN0/.test(to),
  }
}
