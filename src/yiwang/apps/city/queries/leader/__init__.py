"""What a leader reads on his phone (领导移动督办): today, what waits for him, what he ordered, rankings, the week."""
