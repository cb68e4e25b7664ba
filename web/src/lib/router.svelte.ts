/** The pages and their paths. The server answers every path with the same file; routing happens in the browser. */
export const PAGES = [
  { path: '/', title: 'Home' },
  { path: '/client', title: 'Client' },
  { path: '/employee', title: 'Employee' },
  { path: '/topology', title: 'Topology' },
] as const

export type Path = (typeof PAGES)[number]['path']

class Router {
  path = $state<Path>(known(location.pathname))

  constructor() {
    window.addEventListener('popstate', () => (this.path = known(location.pathname)))
  }

  /** Handles a click on an internal link. Clicks with another button or a modifier key are left to the browser. */
  follow(event: MouseEvent, path: Path): void {
    if (event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return
    event.preventDefault()
    this.go(path)
  }

  go(path: Path): void {
    if (path !== this.path) history.pushState(null, '', path)
    this.path = path
    window.scrollTo(0, 0)
  }
}

export const router = new Router()

function known(path: string): Path {
  return PAGES.find((page) => page.path === path)?.path ?? '/'
}
