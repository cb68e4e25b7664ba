import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { startBrowser } from './support/browser.ts'
import { startCuttingProxy } from './support/cutting-proxy.ts'
import type { CuttingProxy } from './support/cutting-proxy.ts'
import { startSystemUnderTest } from './support/system.ts'
import type { SystemUnderTest } from './support/system.ts'
import { balanceIs, becomeClient, deposit, expectNoGaps, sequences, transfer, visit } from './support/visitor.ts'

let system: SystemUnderTest
let proxy: CuttingProxy
let browser: Browser

beforeAll(async () => {
  system = await startSystemUnderTest()
  proxy = await startCuttingProxy(system.url)
  browser = await startBrowser()
})

afterAll(async () => {
  await browser.close()
  await proxy.close()
  await system.close()
})

it('rows lost or doubled between query and subscription: neither happens to a stream that is cut repeatedly', async () => {
  const far = await visit(browser, proxy.url)
  const near = await visit(browser, system.url)
  const to = await becomeClient(far)
  await becomeClient(near)
  await deposit(near, 500, '€ 500,00')
  await far.page.getByRole('combobox', { name: 'Rows' }).selectOption('50')
  for (let cut = 1; cut <= 6; cut += 1) {
    proxy.cut()
    await far.page.getByTestId('connection').and(far.page.getByText('Reconnecting…')).waitFor()
    await transfer(near, to, '1', `while cut ${cut}`)
    await transfer(near, to, '1', `still cut ${cut}`)
    await balanceIs(near.page, `€ ${500 - 2 * cut},00`)
    proxy.restore()
    await balanceIs(far.page, `€ ${2 * cut},00`)
    await far.page.getByTestId('connection').and(far.page.getByText('Live')).waitFor()
    const numbers = await sequences(far.page)
    expect(numbers).toHaveLength(2 * cut)
    expectNoGaps(numbers)
  }
  await Promise.all([near.leave(), far.leave()])
})

it('a transfer interrupted by a lost connection is unknown, not failed, and sent again it happens once', async () => {
  const far = await visit(browser, proxy.url)
  await becomeClient(far)
  await deposit(far, 100, '€ 100,00')
  proxy.cut()
  await transfer(far, 'NL66OPEN0000000000', '30', 'into the dark')
  const again = far.page.getByRole('button', { name: 'Send again' })
  await again.waitFor()
  expect(await far.page.locator('[data-state="failed"]').count()).toBe(0)
  proxy.restore()
  await again.click()
  await balanceIs(far.page, '€ 70,00')
  expectNoGaps(await sequences(far.page))
  await far.leave()
})
