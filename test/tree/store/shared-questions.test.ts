import { expect, test } from "bun:test";

import { LogicalClock } from "../../../src/schedule/logical-clock.ts";
import { SharedQuestions } from "../../../src/tree/store/shared-questions.ts";

const never = (): boolean => false;

test("all who came before a question is put share it, and those who come later share the next", async () => {
  const clock = new LogicalClock();
  const questions = new SharedQuestions<number>(() => clock.tick(), never);
  const put: { readonly moment: number; readonly answer: () => void }[] = [];
  const ask = async (since: number): Promise<number> =>
    await questions.ask("a", since, async (moment) => {
      const { promise, resolve } = Promise.withResolvers<void>();
      put.push({ moment, answer: resolve });
      await promise;
      return moment;
    });
  const arrived = clock.tick();
  const early = [ask(arrived), ask(arrived)];
  expect(put).toHaveLength(1);
  const late = [ask(clock.tick()), ask(clock.tick()), ask(Infinity)];
  expect(put).toHaveLength(1);
  put[0]?.answer();
  expect(await Promise.all(early)).toEqual([2, 2]);
  await Bun.sleep(0);
  expect(put).toHaveLength(2);
  put[1]?.answer();
  expect(new Set(await Promise.all(late))).toEqual(new Set([put[1]?.moment ?? 0]));
  expect(questions.size).toBe(0);
});

test("questions of different keys don't wait for each other", async () => {
  const clock = new LogicalClock();
  const questions = new SharedQuestions<string>(() => clock.tick(), never);
  const { promise, resolve } = Promise.withResolvers<string>();
  const slow = questions.ask("slow", 0, async () => await promise);
  expect(await questions.ask("fast", 0, async () => "fast")).toBe("fast");
  resolve("slow");
  expect(await slow).toBe("slow");
});

test("those who wait for the next question have waited enough when there was no answer in time", async () => {
  const clock = new LogicalClock();
  const questions = new SharedQuestions<string>(
    () => clock.tick(),
    (answer) => answer === "late",
  );
  const answers = [Promise.withResolvers<string>()];
  let put = 0;
  const ask = async (): Promise<string> =>
    await questions.ask("a", clock.tick(), async () => {
      put++;
      return (await answers.shift()?.promise) ?? "in time";
    });
  const [first] = answers;
  const asked = [ask(), ask(), ask()];
  first?.resolve("late");
  expect(await Promise.all(asked)).toEqual(["late", "late", "late"]);
  expect([put, questions.size]).toEqual([1, 0]);
  expect(await ask()).toBe("in time");
});
