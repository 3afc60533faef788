// What stands behind assay::Worker.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "assay/engine.h"
#include "verify/check_state.h"
#include "verify/control.h"
#include "verify/pipeline.h"

namespace assay {

// Thread-confined.
class Worker::Impl final : private verify::AnswerSource {
 public:
  // `control` must outlive the worker.
  explicit Impl(verify::ControlMachine& control);
  ~Impl();

  void decide(std::span<const Check> checks, std::span<Verdict> verdicts, Now now) noexcept;
  void decide_blocking(std::span<const Check> checks, std::span<Verdict> verdicts);
  [[nodiscard]] verify::TicketTable& tickets() noexcept { return *seat_.tickets; }

 private:
  [[nodiscard]] Found find_or_order(const Check& check, const verify::CompiledIssuer& issuer) noexcept override;
  [[nodiscard]] std::optional<ErrorCode> redeem_key(const Check& check, const verify::CompiledIssuer& issuer,
                                                    verify::OrderKind kind, std::string_view kid) noexcept override;
  [[nodiscard]] std::optional<Ticket> order_key(const verify::CompiledIssuer& issuer, verify::OrderKind kind,
                                                std::string_view kid) noexcept override;
  void refresh(const Check& check, const verify::CompiledIssuer& issuer) noexcept override;
  [[nodiscard]] bool may_order(const verify::CompiledIssuer& issuer) noexcept;
  void count(const verify::CheckState& state, ErrorCode code) noexcept;
  void give_back(Ticket ticket, const Verdict& verdict) noexcept;

  verify::ControlMachine& control_;
  verify::ControlMachine::Seat seat_;
  verify::Pipeline pipeline_;
  std::vector<verify::CheckState> states_;

  // What decide_blocking found for a check: it answers the check again in the next round, however short its life.
  struct KeptAnswer {
    std::uint64_t answers_id = 0;
    std::shared_ptr<const issuer::IntrospectionAnswer> answer;
  };
  [[nodiscard]] const KeptAnswer* find_kept(const Check& check) const noexcept;
  void keep_answers();

  std::span<const Check> kept_for_;  // empty outside decide_blocking
  std::vector<KeptAnswer> kept_;     // of the check of the same index
};

}  // namespace assay
