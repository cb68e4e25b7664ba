import type { Browser } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { startBrowser } from './support/browser.ts'
import { startSystemUnderTest } from './support/system.ts'
import type { SystemUnderTest } from './support/system.ts'
import { balanceIs, becomeClient, becomeEmployee, deposit, expectNoGaps, sequences, transfer, visit } from './support/visitor.ts'
import type { Visitor } from './support/visitor.ts'

let system: SystemUnderTest
let browser: Browser
const visitors: Visitor[] = []

beforeAll(async () => {
  system = await startSystemUnderTest()
  browser = await startBrowser()
})

afterEach(async () => {
  for (const { errors, leave } of visitors.splice(0)) {
    await leave()
    expect(errors).toEqual([])
  }
})

afterAll(async () => {
  await browser.close()
  await system.close()
})

async function enter(path = '/'): Promise<Visitor> {
  const visitor = await visit(browser, `${system.url}${path}`)
  visitors.push(visitor)
  return visitor
}

describe('The bank in a browser', () => {
  it('a client signs up, opens an account and deposits cash', async () => {
    const alice = await enter()
    expect(await becomeClient(alice)).toMatch(/^NL\d{2}OPEN0\d{9}$/)
    await balanceIs(alice.page, '€ 0,00')
    await deposit(alice, 500, '€ 500,00')
    await deposit(alice, 20, '€ 520,00')
    expectNoGaps(await sequences(alice.page))
  })

  it('a transfer between two clients appears in both feeds without a reload', async () => {
    const [alice, bob] = [await enter(), await enter()]
    await becomeClient(alice)
    const to = await becomeClient(bob)
    await deposit(alice, 100, '€ 100,00')
    for (const { page } of [alice, bob]) await page.evaluate(() => document.body.setAttribute('data-loaded-once', ''))

    await transfer(alice, to, '1.15', 'coffee for two')

    await balanceIs(alice.page, '€ 98,85')
    await balanceIs(bob.page, '€ 1,15')
    for (const [{ page }, sign] of [
      [alice, '−'],
      [bob, '+'],
    ] as const) {
      const row = page.locator('[data-sequence]').first()
      await row.getByText('coffee for two').waitFor()
      expect(await row.textContent()).toContain(`${sign}€\u00a01,15`)
      expect(await page.locator('body[data-loaded-once]').count()).toBe(1)
    }
  })

  it('a refused transfer shows its reason and moves no money', async () => {
    const alice = await enter()
    await becomeClient(alice)
    await deposit(alice, 10, '€ 10,00')
    await transfer(alice, 'NL66OPEN0000000000', '510,01', 'more than there is')
    await alice.page.getByText('Failed', { exact: true }).waitFor()
    expect(await alice.page.locator('[data-state="failed"]').textContent()).toContain('insufficient funds')
    await balanceIs(alice.page, '€ 10,00')
    expectNoGaps(await sequences(alice.page))
  })

  it('the home page shows a transfer to the bank’s own account, and its journey', async () => {
    const watcher = await enter()
    const before = await watcher.page.getByTestId('company-balance').textContent()
    const alice = await enter()
    await becomeClient(alice)
    await deposit(alice, 50, '€ 50,00')
    await transfer(alice, 'NL66OPEN0000000000', '12,5', 'a gift to the bank')
    await watcher.page.locator('[data-sequence]').first().getByText('a gift to the bank').waitFor()
    expect(await watcher.page.getByTestId('company-balance').textContent()).not.toBe(before)
    await watcher.page.getByRole('button', { name: /Command/ }).click()
    await watcher.page.getByText(/^€\s12,50 from NL\d\d OPEN .* to NL66 OPEN 0000 0000 00$/).waitFor()
  })

  it('an owner adds another, and the account appears for both', async () => {
    const [alice, bob] = [await enter(), await enter()]
    await becomeClient(alice)
    const iban = await becomeClient(bob)
    await alice.page.getByLabel('Add an owner').fill(bob.name)
    await alice.page.getByRole('button', { name: 'Add', exact: true }).click()
    await alice.page.getByRole('listitem').filter({ hasText: bob.name }).waitFor()
    await bob.page.reload()
    await bob.page.getByText(`Shared by ${alice.name}, ${bob.name}`).waitFor()
    expect(await bob.page.locator(`[data-iban="${iban}"]`).count()).toBe(1)
  })

  it('an employee finds an account, follows it, and sees a new transaction', async () => {
    const [alice, employee] = [await enter(), await enter()]
    const iban = await becomeClient(alice)
    await becomeEmployee(employee, system.employee)
    await employee.page.getByLabel('Search').fill(iban)
    await employee.page.getByRole('button', { name: `Follow ${iban}` }).click()
    await deposit(alice, 200, '€ 200,00')
    await employee.page
      .getByRole('region', { name: `Following ${iban}` })
      .locator('[data-sequence="1"]')
      .waitFor()
    expect(await employee.page.locator(`li[data-iban="${iban}"]`).textContent()).toContain('+€\u00a0200,00')
  })

  it('an employee kills an instance and adds one', async () => {
    const employee = await enter()
    await becomeEmployee(employee, system.employee)
    await employee.page.getByRole('link', { name: 'Topology' }).click()
    const first = employee.page.locator('[data-instance]').first()
    const before = await employee.page.locator('[data-instance]').filter({ hasText: 'running' }).count()
    await first.getByRole('button', { name: 'Kill…' }).click()
    await first.getByRole('button', { name: 'Yes, kill it' }).click()
    await expect
      .poll(() => employee.page.locator('[data-instance]').filter({ hasText: 'running' }).count(), { timeout: 20_000 })
      .toBe(before - 1)
    await employee.page.getByRole('button', { name: 'Add an instance' }).click()
    await expect
      .poll(() => employee.page.locator('[data-instance]').filter({ hasText: 'running' }).count(), { timeout: 20_000 })
      .toBe(before)
  })
})
