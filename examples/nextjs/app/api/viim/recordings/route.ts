import { OPTIONS, route } from "@/lib/http";
import { recent } from "@/lib/people";

export const dynamic = "force-dynamic";

const GET = route("/api/viim/recordings", recent);

export { GET, OPTIONS };
