/** Disjoint sets of names; groups come out in the order of their first member. */
export class UnionFind {
  private readonly parent = new Map<string, string>()

  add(name: string): void {
    if (!this.parent.has(name)) this.parent.set(name, name)
  }

  find(name: string): string {
    this.add(name)
    let root = name
    for (let above = this.parent.get(root); above !== undefined && above !== root; above = this.parent.get(root)) root = above
    this.parent.set(name, root)
    return root
  }

  join(one: string, other: string): void {
    const root = this.find(one)
    this.parent.set(this.find(other), root)
  }

  groups(): readonly (readonly string[])[] {
    const groups = new Map<string, string[]>()
    for (const name of this.parent.keys()) {
      const root = this.find(name)
      const group = groups.get(root)
      if (group === undefined) groups.set(root, [name])
      else group.push(name)
    }
    return [...groups.values()]
  }
}
