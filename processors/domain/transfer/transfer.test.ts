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
const NO: StepAnswer['refusal'] = { code: 'no', reason: 'no' }

describe('An order', () => {
  it.each<[title: string, order: Partial<Parameters<typeof beginTransfer>[0]>, then: string]>([
    ['in time', { deadline: 0 }, 'DebitMoney'],
    ['after its deadline', { deadline: -1 }, 'expired'],
    ['of nothing, after its deadline: that is told first', { deadline: -1, amount: 0n }, 'expired'],
    ['of a cent', { amount: 1n }, 'DebitMoney'],
    ['of nothing', { amount: 0n }, 'bad-amount'],
    ['of less than nothing', { amount: -1n }, 'bad-amount'],
    ['of the most', { amount: 10n ** 15n }, 'DebitMoney'],
    ['of a cent more', { amount: 10n ** 15n + 1n }, 'bad-amount'],
    ['to oneself', { to: ANNE }, 'same-account'],
    ['of nothing, to oneself: the amount is told first', { amount: 0n, to: ANNE }, 'bad-amount'],
    ['from another bank', { from: ELSEWHERE }, 'from-invalid'],
    ['from a wrong IBAN', { from: 'NL00OPEN0000000001' }, 'from-invalid'],
    ['from another bank to itself: that is told first', { from: ELSEWHERE, to: ELSEWHERE }, 'same-account'],
    ['to cash', { to: CASH }, 'to-invalid'],
    ['to nobody', { to: '' }, 'to-invalid'],
    ['to a wrong IBAN of this bank', { to: 'NL00OPEN0000000001' }, 'to-invalid'],
    ['to an IBAN of this bank that it never gives', { to: 'NL00OPEN1000000001' }, 'to-invalid'],
    ['to an IBAN in small letters', { to: ELSEWHERE.toLowerCase() }, 'to-invalid'],
    ['of cash to another bank', { from: CASH, to: ELSEWHERE }, 'CreditMoney'],
    ['without a description', { description: '' }, 'bad-description'],
    ['with the longest description', { description: 'd'.repeat(140) }, 'DebitMoney'],
    ['with the longest one in characters of two units each', { description: '🏦'.repeat(140) }, 'DebitMoney'],
    ['with a longer one', { description: 'd'.repeat(141) }, 'bad-description'],
    ['to another bank', { to: ELSEWHERE }, 'DebitMoney'],
    ['of the most cash', { from: CASH, amount: 100_000n }, 'CreditMoney'],
    ['of a cent more cash', { from: CASH, amount: 100_001n }, 'too-much-cash'],
    ['of no cash', { from: CASH, amount: 0n }, 'bad-amount'],
    ['of cash to cash', { from: CASH, to: CASH }, 'same-account'],
    ['of the bank’s own funds', { from: CASH, ...OPENING_DEPOSIT }, 'CreditMoney'],
    ['of those under another id', { from: CASH, ...OPENING_DEPOSIT, id: 't' }, 'too-much-cash'],
    ['of those to somebody else', { from: CASH, ...OPENING_DEPOSIT, to: ANNE }, 'too-much-cash'],
    [
      'of a cent more than those',
      { from: CASH, to: COMPANY_IBAN, id: OPENING_DEPOSIT.id, amount: OPENING_DEPOSIT.amount + 1n },
      'too-much-cash',
    ],
  ])('%s', (_title, order, then) => {
    const { ask, outcome, events } = beginTransfer({ ...ORDER, deadline: 0, ...order }, 0)
    expect(ask?.type ?? outcome?.refusal?.code).toBe(then)
    expect(events.map(({ type }) => type)).toEqual(ask === null ? ['TransferStarted', 'TransferFailed'] : ['TransferStarted'])
  })
})

describe('The way of a transfer', () => {
  it.each<[title: string, order: Partial<Transfer['order']>, answers: readonly StepAnswer[], then: string]>([
    ['within the bank', {}, [yes('debit'), yes('credit')], 'completed'],
    ['to another bank', { to: ELSEWHERE }, [yes('debit')], 'completed'],
    ['in cash', { from: CASH }, [yes('credit')], 'completed'],
    ['with a refused debit', {}, [no('debit')], 'failed'],
    ['in cash, refused', { from: CASH }, [no('credit')], 'failed'],
    ['with a refused credit', {}, [yes('debit'), no('credit'), yes('return')], 'failed'],
    ['whose money cannot be given back', {}, [yes('debit'), no('credit'), no('return')], 'stuck'],
    ['whose answers come twice', {}, [yes('debit'), yes('debit'), no('debit'), yes('credit'), no('credit'), yes('return')], 'completed'],
    ['whose answers come out of turn', {}, [yes('return'), yes('credit'), no('credit'), yes('debit')], 'credit'],
  ])('%s', (_title, order, answers, then) => {
    let progress: Progress = beginTransfer({ ...ORDER, deadline: 0, ...order }, 0)
    let outcomes = 0
    for (const answer of answers) {
      const next = continueTransfer(progress.transfer, answer, 0)
      if (next === undefined) continue
      progress = next
      if (next.outcome !== null) outcomes++
    }
    expect(progress.transfer.state).toBe(then)
    expect(outcomes).toBe(then === 'credit' ? 0 : 1)
    expect(progress.transfer.askAgainAt === null).toBe(then !== 'credit')
  })
})

function yes(step: StepAnswer['step']): StepAnswer {
  return { step, refusal: null }
}

function no(step: StepAnswer['step']): StepAnswer {
  return { step, refusal: NO }
}
