import { describe, expect, it } from 'vitest'
import { CASH, COMPANY_IBAN, ownIban } from '../iban.ts'
import { OPENING_DEPOSIT } from './opening-deposit.ts'
import { beginTransfer, continueTransfer, type Progress, type StepAnswer, type Transfer } from './transfer.ts'

const ANNE = ownIban(1)
const BERT = ownIban(2)
const ELSEWHERE = 'DE02100100109307118603'
const ORDER: Transfer['order'] = {
  id: 't',
  token: '1'.repeat(20),
  amount: 100n,
  from: ANNE,
  to: BERT,
  description: 'rent',
  username: 'anne',
  replyTo: 'client',
}
const REFUSAL: StepAnswer['refusal'] = { code: 'no', reason: 'no' }

describe('An order', () => {
  it.each<[title: string, order: Partial<Parameters<typeof beginTransfer>[0]>, expected: string]>([
    ['in time', { deadline: 0 }, 'DebitMoney'],
    ['after its deadline', { deadline: -1 }, 'expired'],
    ['of nothing, after its deadline: the deadline is checked first', { deadline: -1, amount: 0n }, 'expired'],
    ['of a cent', { amount: 1n }, 'DebitMoney'],
    ['of nothing', { amount: 0n }, 'bad-amount'],
    ['of less than nothing', { amount: -1n }, 'bad-amount'],
    ['of the highest amount', { amount: 10n ** 15n }, 'DebitMoney'],
    ['of a cent above the highest amount', { amount: 10n ** 15n + 1n }, 'bad-amount'],
    ['to its own account', { to: ANNE }, 'same-account'],
    ['of nothing, to its own account: the amount is checked first', { amount: 0n, to: ANNE }, 'bad-amount'],
    ['from another bank', { from: ELSEWHERE }, 'from-invalid'],
    ['from an IBAN with wrong check digits', { from: 'NL00OPEN0000000001' }, 'from-invalid'],
    ['from another bank to its own account: equal accounts are checked first', { from: ELSEWHERE, to: ELSEWHERE }, 'same-account'],
    ['to cash', { to: CASH }, 'to-invalid'],
    ['to an empty IBAN', { to: '' }, 'to-invalid'],
    ['to an IBAN of this bank with wrong check digits', { to: 'NL00OPEN0000000001' }, 'to-invalid'],
    ['to an IBAN of this bank that is outside its range', { to: 'NL00OPEN1000000001' }, 'to-invalid'],
    ['to an IBAN in lower case', { to: ELSEWHERE.toLowerCase() }, 'to-invalid'],
    ['of cash to another bank', { from: CASH, to: ELSEWHERE }, 'CreditMoney'],
    ['without a description', { description: '' }, 'bad-description'],
    ['with the longest description', { description: 'd'.repeat(140) }, 'DebitMoney'],
    ['with the longest one in surrogate pairs', { description: '🏦'.repeat(140) }, 'DebitMoney'],
    ...[
      'a\u0000b',
      'a\u001b[31mb',
      'a\u061cb',
      'a\u200eb',
      'pay \u202eknab',
      'a\u2066b\u2069',
      'a\u200bb',
      'a\u2028b',
      '\ufeffa',
      'a\ud800',
      'a\ue000',
    ].map(
      (description) =>
        [`21.4 with ${JSON.stringify(description)} in its description`, { description }, 'unprintable-description'] as [
          string,
          { description: string },
          string,
        ],
    ),
    ['with a description that is too long', { description: 'd'.repeat(141) }, 'bad-description'],
    ['to another bank', { to: ELSEWHERE }, 'DebitMoney'],
    ['of the most cash', { from: CASH, amount: 100_000n }, 'CreditMoney'],
    ['of a cent more cash', { from: CASH, amount: 100_001n }, 'too-much-cash'],
    ['of no cash', { from: CASH, amount: 0n }, 'bad-amount'],
    ['of cash to cash', { from: CASH, to: CASH }, 'same-account'],
    ['of the bank’s own funds', { from: CASH, ...OPENING_DEPOSIT }, 'CreditMoney'],
    ['of the bank’s own funds under another id', { from: CASH, ...OPENING_DEPOSIT, id: 't' }, 'too-much-cash'],
    ['of the bank’s own funds to another account', { from: CASH, ...OPENING_DEPOSIT, to: ANNE }, 'too-much-cash'],
    [
      'of a cent more than the bank’s own funds',
      { from: CASH, to: COMPANY_IBAN, id: OPENING_DEPOSIT.id, amount: OPENING_DEPOSIT.amount + 1n },
      'too-much-cash',
    ],
  ])('%s', (_title, order, expected) => {
    const { command, outcome, events } = beginTransfer({ ...ORDER, deadline: 0, ...order }, 0)
    expect(command?.type ?? outcome?.refusal?.code).toBe(expected)
    expect(events.map(({ type }) => type)).toEqual(command === null ? ['TransferStarted', 'TransferFailed'] : ['TransferStarted'])
  })
})

describe('The steps of a transfer', () => {
  it.each<[title: string, order: Partial<Transfer['order']>, answers: readonly StepAnswer[], expected: string]>([
    ['within the bank', {}, [accepted('debit'), accepted('credit')], 'completed'],
    ['to another bank', { to: ELSEWHERE }, [accepted('debit')], 'completed'],
    ['in cash', { from: CASH }, [accepted('credit')], 'completed'],
    ['with a refused debit', {}, [refused('debit')], 'failed'],
    ['in cash, refused', { from: CASH }, [refused('credit')], 'failed'],
    ['with a refused credit', {}, [accepted('debit'), refused('credit'), accepted('return')], 'failed'],
    ['with a refused return', {}, [accepted('debit'), refused('credit'), refused('return')], 'stuck'],
    [
      'with duplicate answers',
      {},
      [accepted('debit'), accepted('debit'), refused('debit'), accepted('credit'), refused('credit'), accepted('return')],
      'completed',
    ],
    ['with answers out of turn', {}, [accepted('return'), accepted('credit'), refused('credit'), accepted('debit')], 'credit'],
  ])('%s', (_title, order, answers, expected) => {
    let progress: Progress = beginTransfer({ ...ORDER, deadline: 0, ...order }, 0)
    let outcomes = 0
    for (const answer of answers) {
      const next = continueTransfer(progress.transfer, answer, 0)
      if (next === undefined) continue
      progress = next
      if (next.outcome !== null) outcomes++
    }
    expect(progress.transfer.state).toBe(expected)
    expect(outcomes).toBe(expected === 'credit' ? 0 : 1)
    expect(progress.transfer.askAgainAt === null).toBe(expected !== 'credit')
  })
})

function accepted(step: StepAnswer['step']): StepAnswer {
  return { step, refusal: null }
}

function refused(step: StepAnswer['step']): StepAnswer {
  return { step, refusal: REFUSAL }
}
