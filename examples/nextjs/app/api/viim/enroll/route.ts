import { enroll } from "@/lib/enroll";
import { OPTIONS, route } from "@/lib/http";

const POST = route("/api/viim/enroll", enroll);

export { OPTIONS, POST };
