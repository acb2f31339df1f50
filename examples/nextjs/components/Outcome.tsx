import type { Enrolled, Identified, Result, Verified } from "./api";
import { EmbeddingPicture } from "./EmbeddingPicture";

const percent = (share: number): string => `${Math.round(share * 100)} %`;

/** What came of the latest recording. */
export function Outcome({ result }: { result: Result | null }) {
  return (
    <section className="panel outcome" aria-labelledby="outcome-title" aria-live="polite">
      <h2 id="outcome-title">Output</h2>
      {result === null && <p className="quiet">Record something: what the model hears of it is shown here.</p>}
      {result && <Said result={result} />}
      {result?.embedding && <EmbeddingPicture embedding={result.embedding} />}
    </section>
  );
}

function Said({ result }: { result: Result }) {
  switch (result.mode) {
    case "enroll":
      return <EnrolledSaid result={result} />;
    case "identify":
      return <IdentifiedSaid result={result} />;
    case "verify":
      return <VerifiedSaid result={result} />;
  }
}

function EnrolledSaid({ result: { userId, message, similarTo } }: { result: Enrolled }) {
  return (
    <>
      <p className="verdict">{userId}</p>
      <p>{message}</p>
      {similarTo && <p className="warning">This voice is enrolled already, as {similarTo.userId}.</p>}
    </>
  );
}

function IdentifiedSaid({ result }: { result: Identified }) {
  const { decision, candidates, compared, topMatch, threshold, processingTime } = result;
  const best = candidates[0];
  return (
    <>
      <p className="verdict">{decision === "match" && best ? best.userId : "Nobody known"}</p>
      {compared === 0 && <p>Nobody is enrolled yet.</p>}
      <ul className="candidates">
        {candidates.map(({ userId, similarity, probability }) => (
          <li key={userId}>
            <span>{userId}</span>
            <meter min={0} max={1} value={probability} aria-label={`Probability that it is ${userId}`} />
            <span>
              {percent(probability)} <small>cosine {similarity.toFixed(2)}</small>
            </span>
          </li>
        ))}
      </ul>
      <p className="quiet">
        {`${topMatch?.userId ?? "Nobody"} is above the threshold of ${threshold}; compared with ${compared}`}
        {`, ${processingTime} ms.`}
      </p>
    </>
  );
}

function VerifiedSaid({ result }: { result: Verified }) {
  const { userId, verified, probability, similarityScore, grade, serial } = result;
  return (
    <>
      <p className="verdict">{verified ? `It is ${userId}` : `It is not ${userId}`}</p>
      <p>
        Probability {percent(probability)}, cosine {similarityScore.toFixed(2)}
        {grade && `, grade ${grade}`}
      </p>
      {serial && <p className="serial">{serial}</p>}
    </>
  );
}
