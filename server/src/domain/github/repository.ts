/** What the domain keeps of GitHub. The core's builder writes it. */
export interface GithubRepository {
  removeDeliveriesBefore(before: number): Promise<void>;
}
