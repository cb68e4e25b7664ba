import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { ANNE, BankUnderTest, FIRST_TOKEN, LATER } from './testing/bank-under-test.ts'
import { TOPICS } from './topics.ts'

const ADD_CORA = { type: 'AddUserToBankAccount', iban: ANNE, username: 'anne', token: FIRST_TOKEN, userToAdd: 'cora' }

let bank: BankUnderTest

beforeEach(async () => {
  bank = await BankUnderTest.open()
})

afterEach(() => bank.driver.close())

describe('A command about a user', () => {
  it('that was refused because the user did not exist is refused again when the user exists', async () => {
    await send({ id: 'add' })
    await send({ type: 'CreateUserAccount', id: 'sign-up', username: 'cora', passwordHash: 'hash' })
    await send({ id: 'add' })
    await send({ id: 'add again' })
    expect(await codes()).toEqual(['user-to-add-unknown', 'ok', 'user-to-add-unknown', 'ok'])
  })

  it('expects a version of the account, not of the user', async () => {
    await send({ id: 'no user', expectedVersion: 7 })
    await send({ type: 'CreateUserAccount', id: 'sign-up', username: 'cora', passwordHash: 'hash' })
    await send({ id: 'wrong', expectedVersion: 7 })
    await send({ id: 'right', expectedVersion: 1 })
    expect(await codes()).toEqual(['user-to-add-unknown', 'ok', 'other-version', 'ok'])
  })

  it('is answered as expired after its deadline, even when the user does not exist', async () => {
    await bank.driver.advance(LATER + 1)
    await send({ id: 'add' })
    expect(await codes()).toEqual(['expired'])
  })
})

function send(command: object): Promise<void> {
  return bank.send(TOPICS.userCommands, 'cora', { ...ADD_CORA, ...command })
}

async function codes(): Promise<readonly string[]> {
  return (await bank.taken()).outcomes.map((outcome) => (outcome.type === 'CommandFailed' ? outcome.code : 'ok'))
}
