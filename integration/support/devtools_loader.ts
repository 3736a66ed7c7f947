// Loads a .heapsnapshot as Chromium's DevTools do, and prints each node's name, size and retained size by its number. Bundled by
// integration/heapview_devtools.py together with the npm package chrome-devtools-frontend.
import * as fs from 'node:fs';
import {MessageChannel} from 'node:worker_threads';

import * as Worker from 'chrome-devtools-frontend/front_end/entrypoints/heap_snapshot_worker/heap_snapshot_worker.js';

// Node has it from 22 on.
(Promise as any).withResolvers ??= () => {
  let resolve, reject;
  const promise = new Promise((yes, no) => {
    resolve = yes;
    reject = no;
  });
  return {promise, resolve, reject};
};

async function main() {
  const loader = new Worker.HeapSnapshotLoader.HeapSnapshotLoader({sendEvent() {}} as any);
  loader.write(fs.readFileSync(process.argv[2], 'utf8'));
  loader.close();
  const channel = new MessageChannel();
  new Worker.HeapSnapshot.SecondaryInitManager(channel.port2 as any);
  const snapshot: any = await loader.buildSnapshot(channel.port1 as any);
  const node = snapshot.rootNode(), found: any = {};
  for (let i = 0; i < snapshot.nodeCount; i++) {
    node.nodeIndex = i * snapshot.nodeFieldCount;
    found[node.id()] = [node.name(), node.selfSize(), node.retainedSize()];
  }
  fs.writeFileSync(process.argv[3], JSON.stringify(found));
  process.exit(0);
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
