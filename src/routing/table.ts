/** The compiled routing table: plain data that the matcher is built from. (Filled in by the routing room.) */
export interface RoutingTable {
  readonly entries: readonly unknown[];
}
